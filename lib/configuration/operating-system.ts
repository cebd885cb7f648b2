import { NodeModel } from './node-model';
import { FileEdits } from './plan';

/**
 * Kernel settings of WSO2's performance tuning guide, less two: tcp_tw_recycle is gone from Linux since 4.12, and a local
 * port range that begins at 1024 lets an outgoing connection take a port that the product listens on.
 */
const KERNEL_SETTINGS: Readonly<Record<string, string>> = {
  'fs.file-max': '2097152',
  'net.ipv4.tcp_fin_timeout': '30',
  'net.ipv4.tcp_tw_reuse': '1',
  'net.core.rmem_default': '524288',
  'net.core.wmem_default': '524288',
  'net.core.rmem_max': '67108864',
  'net.core.wmem_max': '67108864',
  'net.ipv4.tcp_rmem': '4096 87380 16777216',
  'net.ipv4.tcp_wmem': '4096 65536 16777216',
};

/** Files of the machine rather than of the product: names that must resolve, kernel settings. */
export function operatingSystem(node: NodeModel): FileEdits[] {
  return [
    { file: '/etc/hosts', edits: node.hosts && node.hosts.length > 0 ? [{ hosts: node.hosts }] : [] },
    { file: '/etc/sysctl.d/60-carbon-cluster.conf', edits: node.kernelTuning ? [{ content: kernelSettings() }] : [] },
  ];
}

function kernelSettings(): string {
  return Object.entries(KERNEL_SETTINGS).map(([name, value]) => `${name} = ${value}\n`).join('');
}
