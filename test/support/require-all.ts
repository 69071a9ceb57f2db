/**
 * Says loudly that tests are skipped because this machine lacks something.
 *
 * @throws Error with the same reason where nothing may be skipped: with `SLIPWAY_REQUIRE_ALL=1`, as in CI
 */
export const announceSkip = (tests: string, reason: string): void => {
  const line = `${tests} cannot run here: ${reason}`;
  if (process.env['SLIPWAY_REQUIRE_ALL'] === '1') throw new Error(line);
  process.stderr.write(`\nSKIPPED: ${line}\n\n`);
};
