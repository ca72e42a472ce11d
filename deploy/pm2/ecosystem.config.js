// PM2 for `future serve`: pm2 start deploy/pm2/ecosystem.config.js
// The binary is no script: no interpreter, and one process, because it owns its data folder.
const path = require("node:path");
const tree = path.resolve(__dirname, "../..");

module.exports = {
  apps: [
    {
      name: "future",
      script: process.env.FUTURE_BIN || path.join(tree, "build/release/future"),
      args: "serve",
      interpreter: "none",
      exec_mode: "fork",
      instances: 1,
      cwd: process.env.FUTURE_CWD || tree,
      // The server says "ready" on PM2's channel once it has replayed its journal and listens.
      wait_ready: true,
      listen_timeout: 600000,
      // SIGINT: it finishes what was asked, writes a snapshot and ends, in less than ten seconds.
      kill_timeout: 15000,
      autorestart: true,
      // 2: wrong command line, 65: damaged data, 78: wrong settings. Trying again does not mend them.
      stop_exit_codes: [2, 65, 78],
      max_restarts: 10,
      min_uptime: 10000,
      restart_delay: 1000,
      env: {
        NODE_ENV: "production",
        PORT: process.env.PORT || "3000",
        FUTURE_DATA: process.env.FUTURE_DATA || path.join(tree, "data"),
        FUTURE_LOG_FORMAT: process.env.FUTURE_LOG_FORMAT || "json",
      },
    },
  ],
};
