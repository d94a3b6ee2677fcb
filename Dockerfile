# One image for every role: the engine's and the console's builds, and the migrations.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY . .
ENV NEXT_TELEMETRY_DISABLED=1 TURBO_TELEMETRY_DISABLED=1
RUN npm ci --include=dev && npm run generate && npm run build

FROM node:22-bookworm-slim
WORKDIR /app
COPY --from=build /app /app
RUN npm prune --omit=dev
USER node
ENV NODE_ENV=production
CMD ["node", "apps/engine/dist/main.js"]
