/** Keeps the requests of one session on one node. */
export enum NginxStickiness {
  /** A cookie of its own that names the node, made of two maps and an upstream for each node; every NGINX can do it. */
  ROUTE_COOKIE = 'route-cookie',
  /** The directive `sticky cookie`: the same, made by NGINX itself. NGINX Plus, or the community edition from 1.29.6 on. */
  STICKY_COOKIE = 'cookie',
  /**
   * The directive `sticky learn`, as in WSO2's guides: NGINX remembers which node made a session. It does so in its memory, so there
   * can be one instance only. NGINX Plus, or the community edition from 1.29.6 on.
   */
  STICKY_LEARN = 'learn',
}

/** The first community version with the directive `sticky` (NGINX's change log, March 2026). */
const FIRST_WITH_STICKY = '1.29.6';
const VERSION = /^\d+\.\d+(\.\d+)?$/;

/** The edition of NGINX, and what it can do. */
export class NginxEdition {
  /**
   * The community edition. It is installed from the distribution unless the image has it.
   *
   * @param version the version that the image or its distribution has at least, `1.30.0`; an instance with an older one fails its boot.
   * Without it nothing is used that any version from 1.18 on lacks
   */
  public static community(version?: string): NginxEdition {
    if (version !== undefined && !VERSION.test(version)) throw new Error(`version '${version}' is no version of NGINX, give one such as 1.30.0`);
    return new NginxEdition(false, version);
  }

  /** NGINX Plus, which the image must have: it needs a licence, and is in no distribution. */
  public static plus(): NginxEdition {
    return new NginxEdition(true);
  }

  private constructor(
    /** NGINX Plus. @internal */
    public readonly _plus: boolean,
    /** @internal */
    public readonly _version?: string,
  ) {}

  /** The edition and its version. */
  public toString(): string {
    if (this._plus) return 'NGINX Plus';
    return `NGINX community ${this._version ?? 'of any version'}`;
  }

  /** It has the directive `sticky`. @internal */
  public get _knowsSticky(): boolean {
    return this._plus || (this._version !== undefined && !isOlder(this._version, FIRST_WITH_STICKY));
  }

  /**
   * What was asked for, or the best that the edition can do.
   *
   * @internal
   */
  public _stickiness(asked?: NginxStickiness): NginxStickiness {
    if (asked === undefined) return this._knowsSticky ? NginxStickiness.STICKY_COOKIE : NginxStickiness.ROUTE_COOKIE;
    if (asked === NginxStickiness.ROUTE_COOKIE || this._knowsSticky) return asked;
    throw new Error(`stickiness 'sticky ${asked}' is not in ${this}, give NginxStickiness.ROUTE_COOKIE, which works in every version, `
      + `or an edition that has it: NginxEdition.community('${FIRST_WITH_STICKY}') or later, NginxEdition.plus()`);
  }
}

function isOlder(version: string, other: string): boolean {
  const [numbers, others] = [version, other].map(each => each.split('.').map(Number));
  const index = others.findIndex((each, at) => each !== (numbers[at] ?? 0));
  return index >= 0 && (numbers[index] ?? 0) < others[index];
}
