/** What an example is by one word besides what it is by itself. */
export const VARIANTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'governance-registry': { loadBalancer: 'wso2elb' },
  'identity-server': { product: 'api-manager' },
};
