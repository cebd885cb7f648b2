import { CarbonProduct } from '../../lib/products';

/** What a manager, a worker and a node without a role run. */
const names = (product: CarbonProduct): string[] =>
  [product._profileOf('manager').name, product._profileOf('worker').name, product._profileOf().name];

describe('a listed version', () => {
  test('tells what it is', () => {
    const product = CarbonProduct.apiManager('2.2.0');
    expect(product).toMatchObject({ productName: 'WSO2 API Manager', version: '2.2.0', kernelVersion: '4.4.26', hazelcastVersion: '3.5.4' });
    expect(product.profile).toBeUndefined();
    expect(`${product}`).toBe('WSO2 API Manager 2.2.0');
  });

  test('of each product', () => {
    expect([
      CarbonProduct.apiManager('4.6.0'),
      CarbonProduct.enterpriseIntegrator('6.4.0'),
      CarbonProduct.governanceRegistry('5.4.0'),
      CarbonProduct.applicationServer('5.3.0'),
      CarbonProduct.identityServer('7.3.0'),
    ].map(String)).toEqual([
      'WSO2 API Manager 4.6.0',
      'WSO2 Enterprise Integrator 6.4.0',
      'WSO2 Governance Registry 5.4.0',
      'WSO2 Application Server 5.3.0',
      'WSO2 Identity Server 7.3.0',
    ]);
  });
});

test('a version that is not listed is refused with those that are', () => {
  expect(() => CarbonProduct.apiManager('2.2')).toThrow("version '2.2' of WSO2 API Manager is not known, use one of 1.10.0, 2.0.0, 2.1.0, 2.2.0");
  expect(() => CarbonProduct.governanceRegistry('4.6.0'))
    .toThrow(new Error("version '4.6.0' of WSO2 Governance Registry is not known, use one of 5.0.0, 5.1.0, 5.2.0, 5.3.0, 5.4.0"));
});

describe('a profile', () => {
  test('that the version dropped', () => {
    expect(() => CarbonProduct.apiManager('2.5.0', { profile: 'gateway-manager' })).toThrow(new Error(
      "profile 'gateway-manager' is not in WSO2 API Manager 2.5.0 (removed after 2.2.0), "
      + 'use one of default, api-key-manager, api-publisher, api-store, gateway-worker, traffic-manager'));
    expect(() => CarbonProduct.apiManager('4.5.0', { profile: 'api-devportal' })).toThrow('(removed after 3.2.0)');
    expect(() => CarbonProduct.apiManager('4.7.0', { profile: 'api-devportal-deprecated' })).toThrow('(removed after 4.1.0)');
  });

  test('that came later', () => {
    expect(() => CarbonProduct.apiManager('1.10.0', { profile: 'traffic-manager' }))
      .toThrow("profile 'traffic-manager' is not in WSO2 API Manager 1.10.0 (new in 2.0.0), use one of default, api-key-manager");
  });

  test('that no version has', () => {
    expect(() => CarbonProduct.enterpriseIntegrator('6.4.0', { profile: 'analytics' }))
      .toThrow(new Error("profile 'analytics' is not in WSO2 Enterprise Integrator 6.4.0, use one of integrator, business-process, broker"));
    expect(() => CarbonProduct.identityServer('5.11.0', { profile: '' }))
      .toThrow("profile '' is not in WSO2 Identity Server 5.11.0, use one of default");
  });

  test('that was chosen runs on every node', () => {
    const product = CarbonProduct.enterpriseIntegrator('6.4.0', { profile: 'broker' });
    expect(product.profile).toBe('broker');
    expect(names(product)).toEqual(['broker', 'broker', 'broker']);
  });
});

describe('what a node runs without a choice', () => {
  test('is its role\'s profile, or what the product runs', () => {
    expect(names(CarbonProduct.apiManager('2.2.0'))).toEqual(['gateway-manager', 'gateway-worker', 'default']);
    expect(names(CarbonProduct.apiManager('3.2.0'))).toEqual(['default', 'gateway-worker', 'default']);
    expect(names(CarbonProduct.applicationServer('5.3.0'))).toEqual(['default', 'worker', 'default']);
    expect(names(CarbonProduct.enterpriseIntegrator('6.6.0'))).toEqual(['integrator', 'integrator', 'integrator']);
    expect(names(CarbonProduct.identityServer('5.11.0'))).toEqual(['default', 'default', 'default']);
  });
});

describe('databases that the nodes share', () => {
  const databases = (product: CarbonProduct): string[] => product._sharedDatabases().map(database => database.name);

  test('are not those that stay embedded', () => {
    expect(databases(CarbonProduct.apiManager('2.2.0'))).toEqual(['WSO2AM_DB', 'WSO2UM_DB', 'WSO2REG_DB']);
    expect(databases(CarbonProduct.identityServer('7.2.0'))).toEqual(['WSO2_SHARED_DB', 'WSO2_IDENTITY_DB']);
  });

  test('are those of the profile that runs', () => {
    expect(databases(CarbonProduct.enterpriseIntegrator('6.4.0'))).toEqual(['WSO2_USER_DB', 'REGISTRY_DB']);
    expect(databases(CarbonProduct.enterpriseIntegrator('6.4.0', { profile: 'business-process' })))
      .toEqual(['WSO2_USER_DB', 'REGISTRY_DB', 'BPS_DS', 'ACTIVITI_DB']);
    expect(databases(CarbonProduct.enterpriseIntegrator('6.4.0', { profile: 'broker' })))
      .toEqual(['WSO2_USER_DB', 'REGISTRY_DB', 'WSO2_MB_STORE_DB']);
  });
});
