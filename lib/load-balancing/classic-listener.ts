import * as elb from 'aws-cdk-lib/aws-elasticloadbalancing';

/** Of the node's two ports, the one that a listener leads to. */
type NodePort = 'http' | 'https';

/** A listener of a Classic load balancer, and how the load balancer talks to the nodes behind it. */
export class ClassicListener {
  /** Ends TLS, reads HTTP, and begins TLS anew to the nodes' HTTPS port. It can keep the requests of a session on one node. */
  public static https(port = 443): ClassicListener {
    return new ClassicListener(port, elb.LoadBalancingProtocol.HTTPS, 'https');
  }

  /** Reads HTTP, from the nodes' HTTP port. It can keep the requests of a session on one node. */
  public static http(port = 80): ClassicListener {
    return new ClassicListener(port, elb.LoadBalancingProtocol.HTTP, 'http');
  }

  /** Ends TLS and begins it anew to the nodes' HTTPS port, without looking inside. */
  public static ssl(port = 443): ClassicListener {
    return new ClassicListener(port, elb.LoadBalancingProtocol.SSL, 'https');
  }

  /** Passes everything on to the nodes' HTTPS port: clients see the nodes' own certificate. */
  public static tcp(port = 443): ClassicListener {
    return new ClassicListener(port, elb.LoadBalancingProtocol.TCP, 'https');
  }

  private constructor(
    /** Port at which clients connect. */
    public readonly port: number,
    /** Toward clients and nodes alike. @internal */
    public readonly _protocol: elb.LoadBalancingProtocol,
    /** @internal */
    public readonly _nodePort: NodePort,
  ) {
    if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Error(`port ${port} of a Classic listener is none, give one of 1 to 65535`);
  }

  /** Protocol and port, `HTTPS 443`. */
  public toString(): string {
    return `${this._protocol.toUpperCase()} ${this.port}`;
  }

  /** It needs a certificate and a policy. @internal */
  public get _endsTls(): boolean {
    return [elb.LoadBalancingProtocol.HTTPS, elb.LoadBalancingProtocol.SSL].includes(this._protocol);
  }

  /** It sees cookies. @internal */
  public get _readsHttp(): boolean {
    return [elb.LoadBalancingProtocol.HTTPS, elb.LoadBalancingProtocol.HTTP].includes(this._protocol);
  }
}
