/**
 * What a Carbon connector offers toward the load balancer. An Application
 * Load Balancer negotiates its back end with the suites of ELBSecurityPolicy-2016-08 or TLS13-1-0-2021-06, which share
 * these four at TLS 1.2 with forward secrecy; Tomcat 7 wants JSSE names and ignores OpenSSL's.
 */
export const APPLICATION_BACKEND_SUITES: readonly string[] = [
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384',
];

/** Java 7 and 8 have it, and every load balancer offers it. */
export const CONNECTOR_PROTOCOLS: readonly string[] = ['TLSv1.2'];
