export { ConfigurationEdit, ConfigurationOverlay, ConfigurationValue } from './configuration-overlay';
export { ICarbonNodeGroup } from './node-group';
