import { randomInt } from 'node:crypto';

const QUALITIES =
  'able amber bold brave bright calm clear clever eager early fair fast fond frank fresh gentle glad grand happy honest jolly keen kind lively lucky merry mild neat noble polite proud quick quiet rapid ready sharp smart steady sunny swift tidy vivid warm wise witty'.split(
    ' ',
  );
const CREATURES =
  'badger beaver bison carp cod crab crane deer dove duck eagle eel elk falcon finch fox frog gnu goat goose grouse gull hare hawk heron horse ibis jay koi lark lynx mole moose moth mouse newt owl perch pike quail ram raven robin seal shark shrew skunk sloth snail sole squid stag stork swan tern toad trout wasp whale wolf wren'.split(
    ' ',
  );

/** A name for a run that was given none, such as `calm-heron-417`. */
export const generateRunName = (): string =>
  `${QUALITIES[randomInt(QUALITIES.length)]}-${CREATURES[randomInt(CREATURES.length)]}-${randomInt(1_000)}`;
