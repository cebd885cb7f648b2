import { ConfigurationLayout } from '../configuration/node-model';
import { HealthCheckDescription, ProfileDescription } from './product-version';

/** Answers 200 without a session; WSO2's own CloudFormation templates (aws-apim, aws-ei, aws-is) ask for it. */
export const CONSOLE_PATH = '/carbon/admin/login.jsp';
/** A service that every Carbon server deploys; a node without the console answers it too. */
export const VERSION_PATH = '/services/Version';

export const SERVLET_PORTS = { http: 9763, https: 9443 };
export const PASS_THROUGH_PORTS = { http: 8280, https: 8243 };

const SESSION_COOKIE = 'JSESSIONID';
const DEFAULT_SCRIPT = 'bin/wso2server.sh';

export interface ProfileOptions {
  readonly name: string;
  readonly layout: ConfigurationLayout;
  readonly startScript?: string;
  readonly arguments?: readonly string[];
  readonly home?: string;
  readonly portOffset?: number;
  /** As in the profile's files, without the offset. */
  readonly otherPorts?: Readonly<Record<string, number>>;
}

/** A profile whose services and console are behind the servlet transports. */
export function consoleProfile(options: ProfileOptions): ProfileDescription {
  const offset = options.portOffset ?? 0;
  const servlet = { http: SERVLET_PORTS.http + offset, https: SERVLET_PORTS.https + offset };
  return {
    name: options.name,
    startScript: options.startScript ?? DEFAULT_SCRIPT,
    arguments: options.arguments ?? [],
    ...(options.home === undefined ? {} : { home: options.home }),
    layout: options.layout,
    portOffset: offset,
    ports: {
      servletHttp: servlet.http,
      servletHttps: servlet.https,
      serviceHttp: servlet.http,
      serviceHttps: servlet.https,
      ...(options.otherPorts === undefined ? {} : { others: shifted(options.otherPorts, offset) }),
    },
    console: true,
    health: { protocol: 'HTTPS', port: servlet.https, path: CONSOLE_PATH },
    sessionCookie: SESSION_COOKIE,
  };
}

/** The same with its services behind the pass-through transports. */
export function passThrough(profile: ProfileDescription): ProfileDescription {
  const serviceHttp = PASS_THROUGH_PORTS.http + profile.portOffset;
  const serviceHttps = PASS_THROUGH_PORTS.https + profile.portOffset;
  return { ...profile, ports: { ...profile.ports, serviceHttp, serviceHttps } };
}

/** The same with web applications of its own and no console. */
export function withoutConsole(profile: ProfileDescription): ProfileDescription {
  return { ...profile, console: false, health: { protocol: 'HTTPS', port: profile.ports.serviceHttps, path: VERSION_PATH } };
}

/** The same without anything that people log in to. */
export function withoutSessions(profile: ProfileDescription, health?: HealthCheckDescription): ProfileDescription {
  const quiet = withoutConsole(profile);
  return { ...quiet, health: health ?? quiet.health, sessionCookie: undefined };
}

function shifted(ports: Readonly<Record<string, number>>, offset: number): Record<string, number> {
  return Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, port + offset]));
}
