// The examples that `cni-hook COMMAND --help` shows. A test runs each as it stands here, in this order of commands, on a host
// with a network "mynet", a container "c1" in it, a bundle in ./bundle and networks in ./networks.
export const examples: Readonly<Record<string, readonly string[]>> = {
  ls: ['cni-hook ls', "cni-hook ls --json | jq -r '.[].addresses[]'"],
  inspect: ['cni-hook inspect c1', "cni-hook inspect c1 --json | jq -r '.attachments[].undo[]'"],
  networks: ['cni-hook networks'],
  graph: ['cni-hook graph', 'cni-hook graph --format svg >host.svg'],
  doctor: ['cni-hook doctor', "cni-hook doctor --json | jq -r '.findings[].mend[]'"],
  metrics: ['cni-hook metrics', 'cni-hook metrics --output ./cni-hook.prom'],
  logs: ['cni-hook logs c1', 'cni-hook logs -f | head -1', 'cni-hook logs --log-level error'],
  validate: ['cni-hook validate mynet', 'cni-hook validate --conf-dir ./networks'],
  status: ['cni-hook status mynet'],
  check: ['cni-hook check mynet c1'],
  add: [
    'cni-hook add mynet c1 --ifname eth1 --dry-run',
    'cni-hook add mynet c1 --ifname eth1',
    'cni-hook add mynet /run/netns/test --ip 172.19.1.77 --publish 8080:80',
  ],
  del: ['cni-hook del mynet c1 --ifname eth1', 'cni-hook del mynet /run/netns/test'],
  repair: ['cni-hook repair --dry-run', 'cni-hook repair mynet'],
  gc: ['cni-hook gc --dry-run', 'cni-hook gc mynet', 'cni-hook gc --networks'],
  wire: [
    'cni-hook wire ./bundle --network mynet --publish 8080:80 --dry-run',
    'cni-hook wire ./bundle --network mynet --hostname web',
    'cni-hook wire ./another --spec',
  ],
  unwire: ['cni-hook unwire ./bundle'],
  hooks: [
    'cni-hook hooks install',
    'cni-hook hooks status',
    'cni-hook hooks install --allow networks=mynet --allow ports=8000-8999',
    'cni-hook hooks remove',
  ],
  plugins: ['cni-hook plugins'],
  completion: ['cni-hook completion bash >/etc/bash_completion.d/cni-hook'],
};
