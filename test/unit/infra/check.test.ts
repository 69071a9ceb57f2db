import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { formatFinding } from '../../../infra/check/finding.ts';
import { checkSources, readSources } from '../../../infra/check/project.ts';
import { PLANTED_ERRORS } from './planted-errors.ts';

const SOURCES = readSources(fileURLToPath(new URL('../../../infra/', import.meta.url)));

const withEdit = (file: string, from: string, to: string): ReadonlyMap<string, string> => {
  const text = SOURCES.get(file) ?? '';
  expect(text, `${file} holds the text to replace`).toContain(from);
  return new Map([...SOURCES, [file, text.replace(from, () => to)]]);
};

const check = async (bicep: string) => checkSources(new Map([['main.bicep', bicep]]));

describe('the check of the Bicep files', () => {
  it('finds nothing in our own files', async () => {
    expect((await checkSources(SOURCES)).map(formatFinding)).toEqual([]);
  });

  it.each(PLANTED_ERRORS)('finds %s', async (_what, file, from, to, rule) => {
    const findings = await checkSources(withEdit(file, from, to));
    expect(findings.map((finding) => finding.rule)).toContain(rule);
  });

  it('says file and line', async () => {
    const findings = await checkSources(withEdit('modules/vault.bicep', 'name: vaultName', 'name: valtName'));
    expect(findings.map(formatFinding)).toEqual([
      "modules/vault.bicep:5 unused-name: 'vaultName' is never used",
      "modules/vault.bicep:20 undeclared-name: 'valtName' is not declared",
    ]);
  });

  it('knows the variables of loops and lambdas', async () => {
    const findings = await check(
      [
        'param ids array',
        'var names = map(ids, id => { name: id.name, first: id[0] })',
        'output all array = [for (name, index) in names: { name: name, index: index }]',
      ].join('\n'),
    );
    expect(findings).toEqual([]);
  });

  it('does not take a variable for declared outside its loop', async () => {
    const findings = await check('param ids array\noutput all array = [for id in ids: id]\noutput one string = id');
    expect(findings.map(formatFinding)).toEqual(["main.bicep:3 undeclared-name: 'id' is not declared"]);
  });

  it('checks both branches of a condition', async () => {
    const findings = await check(
      [
        'param free bool',
        "resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {",
        "  name: 'plan'",
        "  location: 'westeurope'",
        '  properties: {',
        "    reserved: free ? true : 'yes'",
        '  }',
        '}',
      ].join('\n'),
    );
    expect(findings.map(formatFinding)).toEqual(['main.bicep:6 wrong-type: string where bool is wanted']);
  });
});
