import { ConfigurationLayout, UserManagementModel } from './node-model';
import { FileEdits } from './plan';

const CONFIGURATION = '/UserManager/Realm/Configuration';

/** user-mgt.xml: the user store's data source and the administrator, who is made at the very first start. */
export function userMgt(layout: ConfigurationLayout, model: UserManagementModel | undefined): FileEdits {
  return {
    file: `${layout.folder}/user-mgt.xml`,
    edits: [
      ...(model?.adminUserName ? [{ set: `${CONFIGURATION}/AdminUser/UserName`, text: model.adminUserName, existing: true as const }] : []),
      ...(model?.adminPassword ? [{ set: `${CONFIGURATION}/AdminUser/Password`, text: model.adminPassword, existing: true as const }] : []),
      ...(model?.datasource ? [{ set: `${CONFIGURATION}/Property[@name='dataSource']`, text: model.datasource }] : []),
    ],
  };
}

/** Other files that name the administrator. */
export function administratorFiles(layout: ConfigurationLayout, model: UserManagementModel | undefined): FileEdits[] {
  return (model?.properties ?? []).map(({ file, property, value }) => ({ file: `${layout.folder}/${file}`, edits: [{ property, value }] }));
}
