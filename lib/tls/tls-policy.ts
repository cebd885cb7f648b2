import { isWeakSuite } from './cipher-suites';
import { TLS_POLICIES, TlsPolicyFacts } from './tls-policies';

/** Options of a TLS policy that is given by its name. */
export interface TlsPolicyOptions {
  /**
   * Why clients may use TLS 1.0 or 1.1, 3DES or RC4, where the policy offers them: for those who read the code later.
   *
   * @default - a policy that offers them is refused
   */
  readonly allowWeak?: string;

  /**
   * Versions of TLS that the policy offers, as `aws elbv2 describe-ssl-policies` spells them: `TLSv1.2`.
   *
   * @default - as AWS documents the policy; needed for one that the library does not know
   */
  readonly protocols?: string[];

  /**
   * Ciphers that the policy offers, in OpenSSL's names and AWS's order: `ECDHE-RSA-AES128-GCM-SHA256`.
   *
   * @default - as AWS documents the policy; needed for one that the library does not know
   */
  readonly ciphers?: string[];
}

/**
 * What a TLS listener offers to clients: a predefined security policy of Elastic Load Balancing, whose names the constants have.
 *
 * Those with TLS 1.0 or 1.1, 3DES or RC4 are no constants: `TlsPolicy.of` takes them, and a cluster refuses them unless `allowWeak` says
 * why. Which policies a load balancer has depends on its kind; a cluster refuses those of another kind.
 */
export class TlsPolicy {
  /** TLS 1.2 and 1.3, ECDHE with AES-GCM only: the narrowest that every client of this decade speaks. */
  public static readonly TLS13_1_2_RES_2021_06 = TlsPolicy.of('ELBSecurityPolicy-TLS13-1-2-Res-2021-06');

  /** TLS 1.2 and 1.3, ECDHE with AES-GCM or AES-CBC and SHA-2. */
  public static readonly TLS13_1_2_2021_06 = TlsPolicy.of('ELBSecurityPolicy-TLS13-1-2-2021-06');

  /** TLS 1.2 and 1.3, ECDHE or RSA key exchange, AES with SHA-2. */
  public static readonly TLS13_1_2_EXT1_2021_06 = TlsPolicy.of('ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06');

  /** TLS 1.2 and 1.3, ECDHE or RSA key exchange, AES with SHA-2 or SHA-1. */
  public static readonly TLS13_1_2_EXT2_2021_06 = TlsPolicy.of('ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06');

  /** TLS 1.3 only. */
  public static readonly TLS13_1_3_2021_06 = TlsPolicy.of('ELBSecurityPolicy-TLS13-1-3-2021-06');

  /** As `TLS13_1_2_RES_2021_06`, with post-quantum key exchange for clients that have it. */
  public static readonly TLS13_1_2_RES_PQ_2025_09 = TlsPolicy.of('ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09');

  /** As `TLS13_1_2_2021_06`, with post-quantum key exchange for clients that have it. */
  public static readonly TLS13_1_2_PQ_2025_09 = TlsPolicy.of('ELBSecurityPolicy-TLS13-1-2-PQ-2025-09');

  /** As `TLS13_1_2_EXT1_2021_06`, with post-quantum key exchange for clients that have it. */
  public static readonly TLS13_1_2_EXT1_PQ_2025_09 = TlsPolicy.of('ELBSecurityPolicy-TLS13-1-2-Ext1-PQ-2025-09');

  /** As `TLS13_1_2_EXT2_2021_06`, with post-quantum key exchange for clients that have it. */
  public static readonly TLS13_1_2_EXT2_PQ_2025_09 = TlsPolicy.of('ELBSecurityPolicy-TLS13-1-2-Ext2-PQ-2025-09');

  /** As `TLS13_1_3_2021_06`, with post-quantum key exchange for clients that have it. */
  public static readonly TLS13_1_3_PQ_2025_09 = TlsPolicy.of('ELBSecurityPolicy-TLS13-1-3-PQ-2025-09');

  /** As `TLS13_1_2_RES_2021_06`, in cryptography that is validated for FIPS 140. */
  public static readonly TLS13_1_2_RES_FIPS_2023_04 = TlsPolicy.of('ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04');

  /** As `TLS13_1_2_2021_06`, in cryptography that is validated for FIPS 140. */
  public static readonly TLS13_1_2_FIPS_2023_04 = TlsPolicy.of('ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04');

  /** TLS 1.2 and 1.3, ECDHE, AES with SHA-2 or SHA-1, in cryptography that is validated for FIPS 140. */
  public static readonly TLS13_1_2_EXT0_FIPS_2023_04 = TlsPolicy.of('ELBSecurityPolicy-TLS13-1-2-Ext0-FIPS-2023-04');

  /** As `TLS13_1_2_EXT1_2021_06`, in cryptography that is validated for FIPS 140. */
  public static readonly TLS13_1_2_EXT1_FIPS_2023_04 = TlsPolicy.of('ELBSecurityPolicy-TLS13-1-2-Ext1-FIPS-2023-04');

  /** As `TLS13_1_2_EXT2_2021_06`, in cryptography that is validated for FIPS 140. */
  public static readonly TLS13_1_2_EXT2_FIPS_2023_04 = TlsPolicy.of('ELBSecurityPolicy-TLS13-1-2-Ext2-FIPS-2023-04');

  /** As `TLS13_1_3_2021_06`, in cryptography that is validated for FIPS 140. */
  public static readonly TLS13_1_3_FIPS_2023_04 = TlsPolicy.of('ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04');

  /** TLS 1.2, ECDHE with AES-GCM only. */
  public static readonly FS_1_2_RES_2020_10 = TlsPolicy.of('ELBSecurityPolicy-FS-1-2-Res-2020-10');

  /** TLS 1.2, ECDHE, AES with SHA-2. */
  public static readonly FS_1_2_RES_2019_08 = TlsPolicy.of('ELBSecurityPolicy-FS-1-2-Res-2019-08');

  /** TLS 1.2, ECDHE, AES with SHA-2 or SHA-1. */
  public static readonly FS_1_2_2019_08 = TlsPolicy.of('ELBSecurityPolicy-FS-1-2-2019-08');

  /** TLS 1.2, ECDHE or RSA key exchange, AES with SHA-2. The only one of a Classic load balancer that is not weak. */
  public static readonly TLS_1_2_2017_01 = TlsPolicy.of('ELBSecurityPolicy-TLS-1-2-2017-01');

  /** TLS 1.2, ECDHE or RSA key exchange, AES with SHA-2 or SHA-1. */
  public static readonly TLS_1_2_EXT_2018_06 = TlsPolicy.of('ELBSecurityPolicy-TLS-1-2-Ext-2018-06');

  /**
   * The policy of that name.
   *
   * Fails for a policy that the library does not know when `protocols` or `ciphers` are missing: the ciphers of the nodes follow
   * from what a policy offers.
   *
   * @param name AWS's name, `ELBSecurityPolicy-TLS13-1-2-Res-2021-06`
   */
  public static of(name: string, options: TlsPolicyOptions = {}): TlsPolicy {
    const known = TLS_POLICIES[name];
    if (options.allowWeak?.trim() === '') throw new Error(`allowWeak of tlsPolicy '${name}' is empty, say why clients need it`);
    const facts = {
      protocols: options.protocols ?? known?.protocols ?? [],
      ciphers: options.ciphers ?? known?.ciphers ?? [],
      loadBalancers: known?.loadBalancers ?? 'all',
    };
    if (facts.protocols.length === 0 || facts.ciphers.length === 0) {
      throw new Error(`tlsPolicy '${name}' is not known to the library, give its protocols and ciphers too`);
    }
    return new TlsPolicy(name, facts, options.allowWeak);
  }

  /** AWS's name of the policy. */
  public readonly policyName: string;
  /** @internal */
  public readonly _facts: TlsPolicyFacts;
  /** @internal */
  public readonly _allowWeak?: string;

  private constructor(policyName: string, facts: TlsPolicyFacts, allowWeak?: string) {
    this.policyName = policyName;
    this._facts = facts;
    this._allowWeak = allowWeak;
  }

  /** AWS's name of the policy. */
  public toString(): string {
    return this.policyName;
  }

  /**
   * What it offers that no client should use.
   *
   * @internal
   */
  public _weaknesses(): string[] {
    const { protocols, ciphers } = this._facts;
    return [...protocols.filter(each => each !== 'TLSv1.2' && each !== 'TLSv1.3'), ...ciphers.filter(isWeakSuite)];
  }
}
