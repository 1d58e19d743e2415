# Network Assistant for Junos as a container.
#
#   docker build --tag network-assistant .
#   docker run --rm --volume ./config:/app/config:ro network-assistant check
#
# It writes to /app/var alone, so the rest can be read-only; deploy/compose shows all of it, with a SQL Server. The simulated
# devices stay outside, so "simulate" and "demo" do not work in it.

# The version that package.json names for development, so that what was tested is what runs.
FROM node:24.21.0-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:24.21.0-slim
LABEL org.opencontainers.image.title="Network Assistant for Junos" \
      org.opencontainers.image.description="A Microsoft Teams bot for the people who run Juniper networks" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT"
# Nothing is installed here any more: what could do it is no use to us, and of some to an intruder.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn* /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
      /usr/local/bin/yarn /usr/local/bin/yarnpkg \
    && mkdir -p /app/config /app/var \
    && chown 1000:1000 /app/var
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY agent ./agent
COPY cards ./cards
COPY dialogs ./dialogs
COPY manifest/manifest.json manifest/color.png manifest/outline.png ./manifest/
COPY src ./src
ENV NODE_ENV=production
# By number, so that a supervisor can see that it is not root.
USER 1000:1000
# Events, jobs, audit, collected logs; the default store_file is ../var beside the configuration in /app/config.
VOLUME ["/app/var"]
EXPOSE 3978
STOPSIGNAL SIGTERM
# Alive, not ready: a restart does not bring back a Teams or a SQL Server that is away, and /readyz says that it waits.
# Another port of assistant.yaml needs another check.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:3978/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# The program is the first process: it listens for SIGTERM before it does anything else. It starts others only for a
# `command` in secrets.yaml, and waits for their end; one that leaves children behind wants `docker run --init`.
ENTRYPOINT ["node", "--max-semi-space-size=8", "--heap-growing-percent=20", "src/cli.ts"]
CMD ["start"]
