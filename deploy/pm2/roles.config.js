// PM2 for the roles of a distributed exchange on this machine: pm2 start deploy/pm2/roles.config.js
// Settings for all of them come from the environment that pm2 is started with: KAFKA_BROKERS, DB_HOST …, REDIS_HOST …, JWT_….
// The standby of the engine belongs on another machine: pm2 start deploy/pm2/roles.config.js --only matching-engine:run
const path = require("node:path");
const tree = path.resolve(__dirname, "../..");
const data = process.env.FUTURE_DATA || path.join(tree, "data");
const port = Number(process.env.PORT || "3000");

// Health and metrics of the roles without REST are at PORT + 31 on.
const ofEachShard = [
  { name: "matching-engine:run", port: port + 31 },
  { name: "matching-engine:save-accounts-to-db", port: port + 34 },
  { name: "matching-engine:save-positions", port: port + 35 },
  { name: "matching-engine:save-orders-to-db", port: port + 36 },
  { name: "matching-engine:save-trades", port: port + 37 },
  { name: "market:publish", port: port + 38 },
  { name: "matching-engine:notify", port: port + 39 },
];
const roles = [...ofEachShard, { name: "order:intake", port: port + 33 }, { name: "api", port: port }];
// With FUTURE_KAFKA_SHARDS=2 (and FUTURE_SHARD_ASSETS) there is matching-engine:run@1 and so on, ten ports further.
for (let shard = 1; shard < Number(process.env.FUTURE_KAFKA_SHARDS || "1"); shard++) {
  roles.push(...ofEachShard.map((role) => ({ name: `${role.name}@${shard}`, port: role.port + 10 * shard })));
}

module.exports = {
  apps: roles.map((role) => ({
    name: role.name,
    script: process.env.FUTURE_BIN || path.join(tree, "build/release/future"),
    args: role.name,
    interpreter: "none",
    exec_mode: "fork",
    instances: 1,
    cwd: process.env.FUTURE_CWD || tree,
    // A role says "ready" on PM2's channel once it has read the log up to its end.
    wait_ready: true,
    listen_timeout: 600000,
    // SIGINT: it finishes what was begun, writes a snapshot and ends, in less than ten seconds, also where brokers do not answer.
    kill_timeout: 30000,
    autorestart: true,
    // 2: wrong command line, 65: damaged data, 78: wrong settings. Trying again does not mend them.
    stop_exit_codes: [2, 65, 78],
    max_restarts: 100,
    min_uptime: 10000,
    restart_delay: 1000,
    env: {
      NODE_ENV: "production",
      PORT: String(role.port),
      FUTURE_DATA: path.join(data, role.name.replace(/[:@]/g, "-")),
      FUTURE_LOG_FORMAT: process.env.FUTURE_LOG_FORMAT || "json",
    },
  })),
};
