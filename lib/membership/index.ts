export { AwsMembershipOptions } from './aws-membership';
export { AwsMembershipCredentials } from './aws-membership-credentials';
export { Membership } from './membership';
export { DiscoveredMembershipOptions, WellKnownMember, WellKnownMembershipOptions } from './well-known-membership';
