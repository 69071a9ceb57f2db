/** Carries out of a wheel why it cannot be installed; the same file always ends the same way. */
export class WheelRefused extends Error {
  override readonly name = 'WheelRefused';

  readonly code: 'build-failed' | 'hash-mismatch';

  constructor(fileName: string, what: string, code: WheelRefused['code'] = 'build-failed') {
    super(`the wheel ${fileName} ${what}`);
    this.code = code;
  }
}
