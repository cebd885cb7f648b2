#!/usr/bin/env node
// Tells which facts of lib/facts/aws-facts.json have expired or are about to, so that a default is renewed before AWS withdraws it.
//
// usage: node tools/check-facts.js [--today YYYY-MM-DD]
//
// Exit codes: 0 nothing has expired, although something may be about to; 1 something that the library uses has expired; 2 wrong usage.
// What is about to expire is no failure: a gate must not turn red by the mere passing of days while there is time to act.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { parseArgs } = require('node:util');

const FACTS = join(__dirname, '..', 'lib/facts/aws-facts.json');
const WARNING_DAYS = 60;
/** cfn-lint renews its data about once a month. */
const STALE_DAYS = 200;
const DAY_MILLISECONDS = 86_400_000;

function days(from, to) {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MILLISECONDS);
}

/** What has expired, and what a maintainer should look at, each as a sentence. */
function judge(facts, today) {
  const left = fact => days(today, fact.expires);
  const describe = fact => `${fact.id} (${fact.value}): ${fact.what}; ${fact.expires}. To do: ${fact.then}. Source: ${fact.source}`;
  const soon = facts.used.filter(each => left(each) >= 0 && left(each) <= WARNING_DAYS);
  const stale = ['mysqlMinorEnds', 'parameterValues', 'generated'].filter(each => days(facts[each].checked, today) > STALE_DAYS);
  return {
    expired: facts.used.filter(each => left(each) < 0).map(each => `expired: ${describe(each)}`),
    warnings: [
      ...soon.map(each => `expires in ${left(each)} days: ${describe(each)}`),
      ...stale.map(each => `not checked since ${facts[each].checked}: ${each}. Source: ${facts[each].source}`),
    ],
  };
}

function main() {
  const { values } = parseArgs({ options: { today: { type: 'string' } } });
  const today = values.today ?? new Date().toISOString().slice(0, 10);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(today) || Number.isNaN(Date.parse(today))) {
    console.error(`--today must be a date such as 2027-08-01, got ${today}`);
    return 2;
  }
  const { expired, warnings } = judge(JSON.parse(readFileSync(FACTS, 'utf8')), today);
  for (const line of [...expired, ...warnings]) console.log(line);
  if (expired.length + warnings.length === 0) console.log(`no fact expires within ${WARNING_DAYS} days of ${today}`);
  return expired.length === 0 ? 0 : 1;
}

process.exitCode = main();
