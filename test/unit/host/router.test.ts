import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Router, routePath } from '../../../local/host/http/router.ts';

const routerOf = (...routes: string[]) => {
  const router = new Router<string>('');
  for (const route of routes) router.add({ route, methods: ['GET'], target: route });
  return router;
};

describe('Router', () => {
  it.each([
    [['a/{x}', 'a/b'], 'a/b', 'a/b'],
    [['a/{x}', 'a/b'], 'A/B', 'a/b'],
    [['{*rest}', 'a/{x}'], 'a/c', 'a/{x}'],
    [['{*rest}', 'a/{x}'], 'c/d/e', '{*rest}'],
    [['{**rest}'], '', '{**rest}'],
    [['{x}', '{x:int}'], '12', '{x:int}'],
    [['{x}', '{x:int}'], '12a', '{x}'],
    [['{x}/b', 'a/{x}'], 'a/b', 'a/{x}'],
    [['{name}.{ext}', '{name}'], 'a.b.c', '{name}.{ext}'],
    [['{name}.{ext}', '{name}'], 'abc', '{name}'],
    [['api/{version:int}/x', 'api/{version:alpha}/x'], 'api/v/x', 'api/{version:alpha}/x'],
    [['m/{id?}', 'm'], 'm', 'm'],
  ])('with %j sends %s to %s', (routes, path, expected) => {
    expect(routerOf(...routes).match('GET', path)?.target).toBe(expected);
  });

  it.each([
    ['{x:int}', '-5', true],
    ['{x:int}', '2147483648', false],
    ['{x:long}', '9223372036854775807', true],
    ['{x:long}', '9223372036854775808', false],
    ['{x:bool}', 'True', true],
    ['{x:bool}', '1', false],
    ['{x:guid}', 'cd2c1638-1638-72d5-1638-deadbeef1638', true],
    ['{x:guid}', 'cd2c1638', false],
    ['{x:decimal}', '1.5', true],
    ['{x:double}', '1e5', true],
    ['{x:datetime}', '2026-01-31', true],
    ['{x:datetime}', 'soon', false],
    ['{x:alpha}', 'abc1', false],
    ['{x:minlength(2)}', 'a', false],
    ['{x:length(2,3)}', 'abcd', false],
    ['{x:length(2)}', 'ab', true],
    ['{x:range(1,9)}', '9', true],
    ['{x:range(1,9)}', '10', false],
    ['{x:min(3):max(5)}', '4', true],
    ['{x:min(3):max(5)}', '6', false],
    ['{x:regex(^\\d{{2}}-\\d$)}', '12-3', true],
    ['{x:regex(^\\d{{2}}-\\d$)}', '1-3', false],
  ])('%s takes %s: %s', (route, path, expected) => {
    expect(routerOf(route).match('GET', path) !== undefined).toBe(expected);
  });

  it('gives a parameter its default when it is left out', () => {
    expect(routerOf('a/{x=5}').match('GET', 'a')?.params).toEqual({ x: '5' });
    expect(routerOf('a/{x:int=5}').match('GET', 'a/6')?.params).toEqual({ x: '6' });
  });

  it('goes by method before it goes by path', () => {
    const router = new Router<string>('/api/');
    router.add({ route: 'a/b', methods: ['POST'], target: 'post' });
    router.add({ route: '/a/{x}', methods: ['get'], target: 'get' });

    expect(router.match('GET', 'api/a/b')).toEqual({ target: 'get', params: { x: 'b' } });
    expect(router.match('POST', 'api/a/b')?.target).toBe('post');
    expect(router.match('PUT', 'api/a/b')).toBeUndefined();
    expect(router.match('GET', 'a/b')).toBeUndefined();
  });

  it.each([
    ['a/{*x}/b', 'not last'],
    ['a/{x}/{X}', 'twice'],
    ['a/{x', 'unbalanced'],
    ['a/{}', 'not valid'],
    ['a/{x:odd}', "constraint 'odd'"],
    ['a/{x:range}', "constraint 'range'"],
  ])('refuses the template %s', (route, reason) => {
    expect(() => routerOf(route)).toThrow(reason);
  });

  it.each([
    ['a/b', 'A/B'],
    ['a/{x}', 'a/{y}'],
    ['{*a}', '{*b}'],
  ])('refuses %s beside %s', (first, second) => {
    expect(() => routerOf(first, second)).toThrow('another function');
  });

  it('finds the same route in whatever order they were added', () => {
    const routes = ['a', 'a/b', 'a/{x}', 'a/{x:int}', 'a/{x}/c', 'a/b/c', 'a/{*rest}', '{*rest}'];
    const paths = ['', 'a', 'a/b', 'a/1', 'a/x', 'a/b/c', 'a/1/c', 'a/1/d', 'z'];
    const expected = paths.map((path) => routerOf(...routes).match('GET', path)?.target);
    fc.assert(
      fc.property(fc.shuffledSubarray(routes, { minLength: routes.length }), (order) => {
        const router = routerOf(...order);
        expect(paths.map((path) => router.match('GET', path)?.target)).toEqual(expected);
      }),
    );
  });

  it('takes any text as one segment and gives it back', () => {
    const router = routerOf('a/{x}/z');
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        fc.pre(!['.', '..'].includes(text) && !text.includes('/'));
        expect(router.match('GET', routePath(`/a/${encodeURIComponent(text)}/z`))?.params).toEqual({ x: text });
      }),
    );
  });
});

describe('routePath', () => {
  it.each([
    ['/', ''],
    ['/a/b/', 'a/b'],
    ['/a%20b', 'a b'],
    ['/a%2Fb', 'a%2Fb'],
    ['/a%2fb%41', 'a%2fbA'],
    ['/a%', 'a%'],
    ['/a%ff', 'a%ff'],
    ['/a/./b/../c', 'a/c'],
    ['/../../etc', 'etc'],
    ['/a/%2e%2e/%2E%2E/b', 'b'],
    ['/.well-known/x', '.well-known/x'],
  ])('of %s is %s', (raw, expected) => {
    expect(routePath(raw)).toBe(expected);
  });
});
