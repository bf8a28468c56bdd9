# Two stages: what builds is left behind, what runs is small and not root.
FROM python:3.12-slim-bookworm AS build
WORKDIR /app
RUN python -m venv /venv
COPY requirements.txt ./
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.12-slim-bookworm
WORKDIR /app
RUN useradd --system --uid 10001 --home-dir /app sahman \
    && mkdir data .cache && chown sahman data .cache
ENV XDG_CACHE_HOME=/app/.cache
COPY --from=build /venv /venv
COPY alembic alembic
COPY bot bot
COPY feeds.yaml ./
# Nothing is written later: every start, every check of health would compile it all anew.
RUN /venv/bin/python -m compileall -q bot alembic
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
# The dictionaries as files that every process maps: made once, here.
RUN python -c "from bot import language; language.load()"
VOLUME /app/data
# The operator's page, health and metrics, where BOT_LISTEN=0.0.0.0:8080 (see compose.yaml).
EXPOSE 8080
# Whether it gave a sign of life, and answers on /healthz.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["python", "-m", "bot", "health"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
