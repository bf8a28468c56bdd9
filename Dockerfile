# Two stages: what builds is left behind, what runs is small and not root.
FROM python:3.12-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt ./
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.12-slim-bookworm
WORKDIR /app
RUN useradd --system --uid 10001 --home-dir /app sahman \
    && mkdir data config backups .cache && chown sahman data config backups .cache
ENV XDG_CACHE_HOME=/app/.cache BOT_FEEDS=/app/config/feeds.yaml
COPY --from=build /venv /venv
COPY alembic alembic
COPY bot bot
COPY LICENSE feeds.yaml ./
# The list in force: `feeds add`, /feeds and the operator's page write it. A volume that is new
# begins as a copy of this; the sample of this version stays beside it, as /app/feeds.yaml.
COPY --chown=sahman feeds.yaml config/
# Nothing is written later: every start, every check of health would compile it all anew.
RUN /venv/bin/python -m compileall -q bot alembic
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
# The dictionaries as files that every process maps: made once, here.
RUN python -c "from bot import language; language.load()"
# All that is ever written, beside /tmp: the root may be read-only (see compose.yaml).
VOLUME ["/app/data", "/app/config", "/app/backups"]
# The operator's page, health and metrics, where BOT_LISTEN=0.0.0.0:8080 (see compose.yaml).
EXPOSE 8080
# Whether it gave a sign of life, and answers on /healthz.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["python", "-m", "bot", "health"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
