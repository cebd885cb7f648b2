import { ClusterFacts } from '../facts';
import { Setting, textOf } from '../settings';
import { CLUSTERING_RULES } from './clustering';
import { DATA_RULES } from './data';
import { MACHINE_RULES } from './machine';
import { Reason, Rule } from './reason';
import { SERVER_RULES } from './server';

const RULES: readonly Rule[] = [...CLUSTERING_RULES, ...SERVER_RULES, ...DATA_RULES, ...MACHINE_RULES];

/** Why a setting is what it is; nothing for one that nobody here knows, such as those of an overlay. */
export function reasonOf(file: string, setting: Setting, facts: ClusterFacts): Reason | undefined {
  for (const rule of RULES.filter(each => each.file.test(file))) {
    const found = rule.place.exec(setting.place);
    const why = found && whyOf(rule, facts, { value: textOf(setting.value), groups: found.slice(1) });
    if (why) return { why, source: rule.source };
  }
  return undefined;
}

function whyOf({ why }: Rule, facts: ClusterFacts, setting: Parameters<Exclude<Rule['why'], string>>[1]): string | undefined {
  return typeof why === 'string' ? why : why(facts, setting);
}
