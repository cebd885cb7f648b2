import { ConfigurationLayout, DatasourceModel } from './node-model';
import { Child, Edit, FileEdits, predicate, textChild as text } from './plan';

const MASTER = 'datasources/master-datasources.xml';

/** One data source for each database, in master-datasources.xml or a file of its own, and who must know its name. */
export function datasourceFiles(layout: ConfigurationLayout, datasources: readonly DatasourceModel[]): FileEdits[] {
  return datasources.flatMap(model => [
    { file: `${layout.folder}/${model.file ?? MASTER}`, edits: [datasource(model)] },
    ...(model.references ?? []).map(reference => ({
      file: `${layout.folder}/${reference.file}`,
      namespace: reference.namespace,
      edits: [{ set: reference.path, text: model.jndiName }],
    })),
  ]);
}

/** The whole element is ours: half of the vendor's embedded H2 settings would not fit another engine. */
function datasource(model: DatasourceModel): Edit {
  return {
    replace: `/datasources-configuration/datasources/datasource${predicate('name', model.name)}`,
    children: [
      text('name', model.name),
      text('description', model.description),
      { name: 'jndiConfig', children: [text('name', model.jndiName)] },
      {
        name: 'definition',
        attributes: { type: 'RDBMS' },
        children: [{ name: 'configuration', children: configuration(model) }],
      },
    ],
  };
}

function configuration(model: DatasourceModel): Child[] {
  return [
    text('url', model.url),
    text('username', model.username),
    text('password', model.password),
    text('driverClassName', model.driverClassName),
    ...Object.entries(model.pool).map(([name, value]) => text(name, value)),
    ...(model.defaultAutoCommit === undefined ? [] : [text('defaultAutoCommit', String(model.defaultAutoCommit))]),
  ];
}
