// Two cruncherd on one port under pm2: the kernel spreads the connections, pm2 restarts what ends and, with
// `pm2 reload cruncherd`, replaces one after the other.

const drainSeconds = 30;

module.exports = {
  apps: [{
    name: 'cruncherd',
    script: `${__dirname}/ready_for_pm2`,
    interpreter: 'none',
    args: [
      process.env.CRUNCHERD ?? 'cruncherd', '--port', process.env.PORT ?? '8080', '--reuse-port',
      '--drain-timeout', `${drainSeconds}s`,
    ],
    instances: 2,
    exec_mode: 'fork',  // pm2's other mode, cluster, is for Node programs
    wait_ready: true,
    listen_timeout: 20_000,
    treekill: false,  // the server ends its crunchers itself, those that run after they have answered
    kill_timeout: (drainSeconds + 5) * 1000,
  }],
};
