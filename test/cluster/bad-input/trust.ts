/** Credentials, ciphers, logs: what would be weak, or say nothing. */
import { Duration } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { BadInput } from './bad-input';
import { AwsMembershipCredentials, LoadBalancing, Membership, TlsPolicy } from '../../../lib';

export const TRUST: readonly BadInput[] = [
  ['a listener policy with TLS 1.1', () => ({ tlsPolicy: TlsPolicy.of('ELBSecurityPolicy-2016-08') }),
    "tlsPolicy 'ELBSecurityPolicy-2016-08' is weak, it offers TLSv1, TLSv1.1 to clients while the nodes have TLSv1.2 with "
    + 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, '
    + 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384: give one without, or say in its allowWeak why clients need it'],
  ['suites that the load balancer does not offer', () => ({ cipherSuites: ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256'] }),
    "cipherSuites 'TLS_DHE_RSA_WITH_AES_128_GCM_SHA256' leaves nothing that both sides are sure to have, an application load balancer offers "
    + 'TLSv1, TLSv1.1, TLSv1.2, TLSv1.3 with '
    + 'TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256, '
    + 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, '
    + 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, '
    + 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384, '
    + 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384, TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, '
    + 'TLS_RSA_WITH_AES_128_GCM_SHA256, TLS_RSA_WITH_AES_128_CBC_SHA256, TLS_RSA_WITH_AES_128_CBC_SHA, '
    + 'TLS_RSA_WITH_AES_256_GCM_SHA384, TLS_RSA_WITH_AES_256_CBC_SHA256, TLS_RSA_WITH_AES_256_CBC_SHA '
    + 'and nodes on Java 8 have TLSv1.2 with TLS_DHE_RSA_WITH_AES_128_GCM_SHA256: add one such as TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, '
    + 'or leave cipherSuites out'],
  ['a secret for an administrator who stays the pack\'s', stack => ({
    adminSecret: secretsmanager.Secret.fromSecretNameV2(stack, 'Admin', 'admin'), shippedAdminCredentials: true,
  }), "adminSecret says nothing where shippedAdminCredentials keeps the pack's administrator, leave one of them out"],
  ['an access key that is never the same for long', () => ({
    membership: Membership.aws({ credentials: AwsMembershipCredentials.accessKey({ rotation: Duration.days(1) }) }),
  }), 'rotation of 1 days is none, give whole days from 14 to 1000'],
  ['a role for a Hazelcast that cannot read it', () => ({ membership: Membership.aws({ credentials: AwsMembershipCredentials.instanceRole() }) }),
    'credentials instanceRole does not work with Hazelcast 3.5.4 of WSO2 API Manager 2.2.0, use AwsMembershipCredentials.accessKey() or, '
    + 'without any key, Membership.discovered()'],
  ['a prefix for a log that nobody keeps', () => ({ loadBalancing: LoadBalancing.application({ accessLogPrefix: 'am' }) }),
    "accessLogPrefix 'am' says nothing without accessLogBucket, give it too or leave it out"],
];
