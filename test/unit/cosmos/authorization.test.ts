import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../local/cosmos/address.ts';
import { authorize, masterKeySignature } from '../../../local/cosmos/authorization.ts';

/** The worked example of the vendor's page on access control. */
const KEY = 'dsZQi3KtZmCv1ljt3VNWNm7sQUF1y5rJfC6kv5JiwvW0EndXdDku/dkKBp8/ufDToSxLzR4y+O/0H/t4bQtVNw==';
const SIGNATURE = 'c09PEVJrgp2uQRkr934kFbTqhByc7TVr3OHyqlu+c+c=';
const request = { method: 'GET', address: parseAddress('/dbs/ToDoList'), date: 'Thu, 27 Apr 2017 00:51:12 GMT' };
const authorization = `type%3dmaster%26ver%3d1.0%26sig%3d${encodeURIComponent(SIGNATURE)}`;

describe('a master-key signature', () => {
  it('is that of the published example', () => {
    expect(masterKeySignature(KEY, request)).toBe(SIGNATURE);
  });

  it('lets the signed request through', () => {
    expect(() => authorize(KEY, { ...request, authorization })).not.toThrow();
  });

  it.each([
    ['another method', { method: 'DELETE' }],
    ['another resource', { address: parseAddress('/dbs/Other') }],
    ['a feed of the resource', { address: parseAddress('/dbs/ToDoList/colls') }],
    ['another date', { date: 'Thu, 27 Apr 2017 00:51:13 GMT' }],
    ['no date', { date: undefined }],
    ['no authorization', { authorization: undefined }],
    ['a resource token', { authorization: authorization.replace('master', 'resource') }],
    ['a broken escape', { authorization: '%zz' }],
  ])('does not let %s through', (_name, change) => {
    expect(() => authorize(KEY, { ...request, authorization, ...change })).toThrow(
      expect.objectContaining({ status: 401 }),
    );
  });
});

describe('a request path', () => {
  it.each([
    ['/', { type: '', signedLink: '' }],
    ['/dbs', { type: 'dbs', signedLink: '' }],
    ['/dbs/a', { type: 'dbs', id: 'a', signedLink: 'dbs/a' }],
    ['/dbs/a/colls/b/docs', { type: 'docs', signedLink: 'dbs/a/colls/b' }],
    ['/dbs/a/colls/b/docs/c%252Fd', { type: 'docs', id: 'c%2Fd', signedLink: 'dbs/a/colls/b/docs/c%2Fd' }],
  ])('%s is taken apart', (path, expected) => {
    expect(parseAddress(path)).toMatchObject(expected);
  });

  it('with a broken escape is refused with 400', () => {
    expect(() => parseAddress('/dbs/%zz')).toThrow(expect.objectContaining({ status: 400 }));
  });
});
