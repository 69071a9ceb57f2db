import { describe, expect, it } from 'vitest';
import { EnvironmentRefused } from '../../../../shared/packaging/environment/environment-refusal.ts';
import { checkIndexUrl, refuseCredential } from '../../../../shared/packaging/environment/requirement-url.ts';

describe('a text with a URL', () => {
  it.each([
    'https://user@files.example/x',
    'git+ssh://git:secret@files.example/x',
    'git+https://git@files.example/x',
    'https://files.example/x?token=1',
    'https://files.example/x?a=1&X-Amz-Signature=1',
    'https://files.example/x?a=1;api_key=1',
    'https://files.example/x?apikey=1',
    'https://files.example/x?my.API-key.2=1',
    'https://files.example/x?sig=1',
    'https://files.example/x?KEY=1',
    'https://files.example/x?pat=1',
    'https://files.example/t/abc/main',
    'two texts https://a.example/ and https://user@b.example/',
  ])('holds a credential: %s', (text) => {
    expect(() => refuseCredential(text, 'here')).toThrow(EnvironmentRefused);
  });

  it.each([
    'https://files.example/x',
    'https://files.example/x@1.0',
    'git+ssh://git@files.example/x',
    'GIT+SSH://git@files.example/x',
    'https://files.example/x?signed=1',
    'https://files.example/x?a=token',
    'https://files.example/x?keyboard=1&design=2&pattern=3&monkey=4',
    'https://files.example/t/main',
    'https://files.example/token/x=1',
    'numpy; extra == "token=1"',
  ])('holds none: %s', (text) => {
    expect(() => refuseCredential(text, 'here')).not.toThrow();
  });
});

describe('the URL of an index', () => {
  it.each([
    ['https://a.example', 'https://a.example'],
    ['https://a.example/simple', 'https://a.example/simple'],
    ['https://a.example/simple/', 'https://a.example/simple'],
    ['https://a.example/simple///', 'https://a.example/simple'],
    ['https://a.example//simple/x/', 'https://a.example//simple/x'],
    ['HTTP://A.example:80/', 'http://a.example'],
  ])('%s is spelled %s', (text, spelled) => {
    expect(checkIndexUrl(text, 'here')).toBe(spelled);
  });

  it.each(['', 'a.example', './simple', '/simple', 'file:///simple', 'ftp://a.example', 'git+https://a.example'])(
    'is not %j',
    (text) => {
      expect(() => checkIndexUrl(text, 'here')).toThrow(EnvironmentRefused);
    },
  );
});
