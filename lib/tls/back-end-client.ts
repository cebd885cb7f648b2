import { isTls13, jsseNames, protocolsOf, takesRsaKey } from './cipher-suites';
import { TLS_POLICIES } from './tls-policies';
import { TlsPolicy } from './tls-policy';

/** What one side of a handshake has. */
export interface TlsOffer {
  readonly protocols: readonly string[];
  /** JSSE names, the preferred ones first. */
  readonly cipherSuites: readonly string[];
}

/** Forward secrecy without a finite-field group; the strongest first. */
const ECDHE = [
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384',
];
const DHE = [
  'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_DHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_DHE_RSA_WITH_AES_128_CBC_SHA256',
  'TLS_DHE_RSA_WITH_AES_256_CBC_SHA256',
];
const RSA = [
  'TLS_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_RSA_WITH_AES_128_CBC_SHA256',
  'TLS_RSA_WITH_AES_256_CBC_SHA256',
];
const TLS12 = ['TLSv1.2'];
/** Those that some Java serves, see java-tls.ts. */
const SERVED_PROTOCOLS = ['TLSv1.2', 'TLSv1.3'];
/**
 * The vendor's own lists end at TLS 1.2, and so does what is listed for a load balancer that speaks it: between it and the nodes
 * TLS 1.3 would gain nothing. It is there for clients, and for those who name its suites.
 */
const FOR_LOAD_BALANCERS: TlsOffer = { protocols: TLS12, cipherSuites: ECDHE };

/**
 * Of what `openssl ciphers -s DEFAULT` of OpenSSL 3.0 has (Debian 12, Ubuntu 22.04; Amazon Linux 2023 by inference), those that are
 * listed anywhere here. NGINX leaves the ciphers toward the nodes as they are, and is told both protocols (node_nginx_config.py).
 */
const OPENSSL_DEFAULT: TlsOffer = {
  protocols: SERVED_PROTOCOLS,
  cipherSuites: ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256', ...ECDHE, ...DHE, ...RSA],
};

/** Every build of Java 8 offers these as a client, see java-tls.ts. */
const JAVA_CLIENT: TlsOffer = { protocols: TLS12, cipherSuites: [...ECDHE, ...DHE] };
/** Java 7 has TLS 1.1 and 1.2 off in clients (JSSE reference guide of Java 7). */
const JAVA_7_CLIENT: TlsOffer = { protocols: ['TLSv1'], cipherSuites: ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'TLS_DHE_RSA_WITH_AES_128_CBC_SHA'] };

const BACK_END_WITHOUT_TLS13 = offerOf('ELBSecurityPolicy-2016-08');
const BACK_END_WITH_TLS13 = offerOf('ELBSecurityPolicy-TLS13-1-0-2021-06');
const BACK_END_WITH_FIPS = offerOf('ELBSecurityPolicy-TLS13-1-0-FIPS-2023-04');

/** What connects to the nodes over TLS: what it offers, and what the nodes list for it. */
export class BackEndClient {
  /**
   * An application load balancer. Its side toward the nodes follows from the listener's policy and cannot be chosen:
   * TLS13-1-0-FIPS-2023-04 for a FIPS policy, TLS13-1-0-2021-06 for others with TLS 1.3, else 2016-08 (AWS: describe-ssl-policies; for
   * policies with PQ by inference). It does not look at the node's certificate.
   */
  public static application(policy: TlsPolicy): BackEndClient {
    checkKind(policy, 'elbv2', 'an application load balancer');
    return new BackEndClient('an application load balancer', backEndOf(policy), FOR_LOAD_BALANCERS, policy);
  }

  /** A network load balancer with a TLS listener, which ends TLS and begins it anew: as an application load balancer. */
  public static network(policy: TlsPolicy): BackEndClient {
    checkKind(policy, 'elbv2', 'a network load balancer');
    return new BackEndClient('a network load balancer', backEndOf(policy), FOR_LOAD_BALANCERS, policy);
  }

  /** Clients themselves, through a load balancer that passes TCP on or through none: the policy is the nodes' own. */
  public static passThrough(policy: TlsPolicy): BackEndClient {
    const offer = { protocols: policy._facts.protocols, cipherSuites: jsseNames(policy._facts.ciphers) };
    const protocols = offer.protocols.filter(each => SERVED_PROTOCOLS.includes(each));
    const cipherSuites = offer.cipherSuites.filter(suite => takesRsaKey(suite) && protocolsOf(suite).some(each => protocols.includes(each)));
    return new BackEndClient('a client', offer, { protocols, cipherSuites }, policy);
  }

  /**
   * A Classic load balancer. AWS says that it has a static list toward the nodes and for health checks, but no copy of that list was to
   * be had. RSA key exchange is certain: network captures (concourse#2223), chef-server#1007, and servers without it that fail their
   * health checks (cluster-api-provider-aws#5139, nomad#5432, kops#17356). No ECDHE is as good as certain (the same, and
   * cluster-api-provider-aws#1658). DHE is likely: a server worked with it and failed when it was left with ECDHE only (a blog of 2015).
   * So the nodes list DHE, which Java 8 does with 1024 bits, and RSA, and ECDHE for whoever else connects to them.
   */
  public static classic(policy: TlsPolicy): BackEndClient {
    checkKind(policy, 'classic', 'a Classic load balancer');
    const offer = { protocols: TLS12, cipherSuites: [...RSA, 'TLS_RSA_WITH_AES_128_CBC_SHA', 'TLS_RSA_WITH_AES_256_CBC_SHA', ...DHE] };
    const listed = { protocols: TLS12, cipherSuites: [...ECDHE, ...DHE, ...RSA] };
    return new BackEndClient('a Classic load balancer', offer, listed, policy, DHE);
  }

  /** NGINX, with the OpenSSL of its distribution; without a policy its listener is the strategy's own. */
  public static nginx(policy?: TlsPolicy): BackEndClient {
    return new BackEndClient('NGINX', OPENSSL_DEFAULT, FOR_LOAD_BALANCERS, policy);
  }

  /** A load balancer that is a Java program, as WSO2's own is. Its listener is its own configuration, not a policy. */
  public static javaClient(version: number): BackEndClient {
    return new BackEndClient(`a client on Java ${version}`, version < 8 ? JAVA_7_CLIENT : JAVA_CLIENT, FOR_LOAD_BALANCERS);
  }

  /**
   * The node itself, whose boot asks the server for its health over HTTPS (boot/programs/node_service.py): Python from 3.10 on has no
   * RSA key exchange, and OpenSSL at the security level of the distributions refuses the 1024 bits that Java 8 has for DHE.
   */
  public static self(): BackEndClient {
    const offer = { protocols: SERVED_PROTOCOLS, cipherSuites: [...BACK_END_WITH_TLS13.cipherSuites.filter(isTls13), ...ECDHE] };
    return new BackEndClient('the node itself, which asks for its health,', offer, FOR_LOAD_BALANCERS);
  }

  private constructor(
    /** `an application load balancer`. */
    public readonly name: string,
    /** What it is sure, or likely, to offer. */
    public readonly offer: TlsOffer,
    /** What the nodes list for it, as far as their Java goes. */
    public readonly listed: TlsOffer,
    /** Policy of the listener that faces clients. */
    public readonly policy?: TlsPolicy,
    /** Suites of the offer that are likely, not sure. */
    public readonly likely: readonly string[] = [],
  ) {}
}

function offerOf(policyName: string): TlsOffer {
  const { protocols, ciphers } = TLS_POLICIES[policyName];
  return { protocols, cipherSuites: jsseNames(ciphers) };
}

function backEndOf(policy: TlsPolicy): TlsOffer {
  if (policy.policyName.includes('FIPS')) return BACK_END_WITH_FIPS;
  return policy._facts.protocols.includes('TLSv1.3') ? BACK_END_WITH_TLS13 : BACK_END_WITHOUT_TLS13;
}

function checkKind(policy: TlsPolicy, kind: 'classic' | 'elbv2', name: string): void {
  const { loadBalancers } = policy._facts;
  if (loadBalancers === 'all' || loadBalancers === kind) return;
  const example = kind === 'classic' ? 'TLS_1_2_2017_01' : 'TLS13_1_2_RES_2021_06';
  throw new Error(`tlsPolicy '${policy}' is no policy of ${name}, give one of its own such as TlsPolicy.${example}`);
}
