/** What `npx cdk deploy` and `npm run deploy:local` deploy without a choice: the gateway of WSO2 API Manager 2.2.0. */
import '../examples/api-manager-gateway/app';
