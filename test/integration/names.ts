/** What the app of the integration test and the command that deploys it must agree on. */
export const PRODUCT_VERSION = '2.2.0';
export const HOST_NAME = 'carbon-integration.example.com';
/** Tag of everything that a run creates; its value is the name of the run. */
export const RUN_TAG = 'carbon-cluster-integration';
/** First word of the lines in which nodes tell their addresses. */
export const ADDRESS_MARK = 'carbon-integration-addresses';
