"""/stats: what came in and what went out by hour, as a picture."""

from __future__ import annotations

from bot.chat.visit import Visit
from bot.delivery.stats import make_stats_chart, render_stats, render_stats_table


async def serve_stats(visit: Visit) -> None:
    """Draw the items and messages of the last two days; say how many subscribers there are."""
    texts, zone = visit.texts, visit.reader.zone
    hours = await visit.storage.overviews.load_work(visit.now)
    caption = render_stats(hours, await visit.storage.subscribers.count(), zone, texts)
    chart = make_stats_chart(hours, zone, texts)
    table = render_stats_table(hours, caption, zone, texts)
    await visit.answer_picture(chart, caption, table, [])
