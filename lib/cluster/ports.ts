import { CarbonClusterProps } from './carbon-cluster-props';
import { portShift } from './node-content';
import { NodeRole, ProfileDescription } from '../products/product-version';

/** @throws if the offset is none, or two listeners of one node would want the same port */
export function checkPorts(props: CarbonClusterProps, roles: readonly NodeRole[], localMemberPort: (role: NodeRole) => number): void {
  const { portOffset } = props;
  if (portOffset !== undefined && (!Number.isInteger(portOffset) || portOffset < 0 || portOffset > 50000)) {
    throw new Error(`portOffset ${portOffset} is none, give a whole number from 0 to 50000`);
  }
  for (const role of roles) {
    const profile = props.product._profileOf(role);
    checkCollisions(listeners(profile, portShift(props, profile)), localMemberPort(role), portOffset);
  }
}

function listeners(profile: ProfileDescription, shift: number): Map<string, number> {
  const { servletHttp, servletHttps, serviceHttp, serviceHttps, others } = profile.ports;
  const ports = { ...others, serviceHttp, serviceHttps, servletHttp, servletHttps };
  return new Map(Object.entries(ports).map(([name, port]) => [name, port + shift]));
}

/** Hazelcast's port does not move with the offset, the product's all do. */
function checkCollisions(ports: Map<string, number>, localMemberPort: number, portOffset: number | undefined): void {
  for (const [name, port] of ports) {
    if (port > 65535) throw new Error(`portOffset ${portOffset} moves ${name} to ${port}, give a smaller one`);
    if (port !== localMemberPort) continue;
    throw new Error(`localMemberPort ${localMemberPort} is also the port of ${name} with portOffset ${portOffset ?? 0}, give another of the two`);
  }
}
