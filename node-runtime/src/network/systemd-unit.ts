import { EXIT_STATUS } from '../cli/exit-status.ts'

/** A systemd unit for one node whose folder stands under /var/lib/baton. */
export function systemdUnit(network: string, node: string): string {
  const folder = `/var/lib/baton/${node}`
  return `# Copy this folder to ${folder} (owner baton, the key with mode 0600), this file to /etc/systemd/system/baton.service,
# then: systemctl daemon-reload && systemctl enable --now baton
[Unit]
Description=Baton node ${node} of network ${network}
Wants=network-online.target
After=network-online.target

[Service]
User=baton
ExecStartPre=baton config check ${folder}/baton.toml
ExecStart=baton run --config ${folder}/baton.toml
# SIGTERM hands the mastership over before the process ends.
TimeoutStopSec=30
Restart=on-failure
RestartSec=1
# A wrong configuration does not mend itself.
RestartPreventExitStatus=${EXIT_STATUS.config}
LimitNOFILE=65536
StateDirectory=baton
NoNewPrivileges=yes
PrivateTmp=yes
ProtectHome=yes
ProtectSystem=strict

[Install]
WantedBy=multi-user.target
`
}
