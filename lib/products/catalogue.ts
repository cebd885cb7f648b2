import { API_MANAGER_VERSIONS } from './catalogue-api-manager';
import { APPLICATION_SERVER_VERSIONS } from './catalogue-application-server';
import { ENTERPRISE_INTEGRATOR_VERSIONS } from './catalogue-enterprise-integrator';
import { GOVERNANCE_REGISTRY_VERSIONS } from './catalogue-governance-registry';
import { IDENTITY_SERVER_VERSIONS } from './catalogue-identity-server';
import { ProductVersion } from './product-version';

/** Every product version that the library knows, the versions of one product in ascending order. */
export const CATALOGUE: readonly ProductVersion[] = [
  ...APPLICATION_SERVER_VERSIONS.all(),
  ...ENTERPRISE_INTEGRATOR_VERSIONS.all(),
  ...GOVERNANCE_REGISTRY_VERSIONS.all(),
  ...API_MANAGER_VERSIONS.all(),
  ...IDENTITY_SERVER_VERSIONS.all(),
];
