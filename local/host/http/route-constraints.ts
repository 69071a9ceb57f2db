type Check = (value: string) => boolean;

const whole = (value: string): number => (/^[+-]?\d+$/.test(value) ? Number(value) : Number.NaN);
const inInt32: Check = (value) => whole(value) >= -(2 ** 31) && whole(value) < 2 ** 31;
const inInt64: Check = (value) => {
  if (!/^[+-]?\d{1,19}$/.test(value)) return false;
  const number = BigInt(value.replace(/^\+/, ''));
  return number >= -(2n ** 63n) && number < 2n ** 63n;
};
const isNumber: Check = (value) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value);
const GUID = /^[({]?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}[)}]?$/i;

const SIMPLE: Readonly<Record<string, Check>> = {
  int: inInt32,
  long: inInt64,
  bool: (value) => /^(true|false)$/i.test(value),
  datetime: (value) => !Number.isNaN(Date.parse(value)),
  decimal: (value) => isNumber(value) && !/e/i.test(value),
  double: isNumber,
  float: isNumber,
  guid: (value) => GUID.test(value),
  alpha: (value) => /^[a-z]*$/i.test(value),
  required: (value) => value !== '',
};

const WITH_ARGUMENT: Readonly<Record<string, (a: string, b: string | undefined) => Check>> = {
  minlength: (a) => (value) => value.length >= Number(a),
  maxlength: (a) => (value) => value.length <= Number(a),
  length: (a, b) => (value) => value.length >= Number(a) && value.length <= Number(b ?? a),
  min: (a) => (value) => whole(value) >= Number(a),
  max: (a) => (value) => whole(value) <= Number(a),
  range: (a, b) => (value) => whole(value) >= Number(a) && whole(value) <= Number(b),
};

/**
 * The check that an inline route constraint, such as `int` or `range(1,9)`, stands for.
 *
 * @throws Error for a constraint that ASP.NET Core does not have
 * @see https://learn.microsoft.com/aspnet/core/fundamentals/routing#route-constraints
 */
export const routeConstraint = (text: string): Check => {
  const [, name = text, argument] = /^(\w+)(?:\((.*)\))?$/s.exec(text) ?? [];
  const key = name.toLowerCase();
  if (argument === undefined) {
    const check = SIMPLE[key];
    if (check) return check;
  } else if (key === 'regex') {
    const expression = new RegExp(argument, 'i');
    return (value) => expression.test(value);
  } else {
    const [a = '', b] = argument.split(',').map((part) => part.trim());
    const make = WITH_ARGUMENT[key];
    if (make) return make(a, b);
  }
  throw new Error(`route constraint '${text}' is not known`);
};
