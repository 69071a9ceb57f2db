/** What both servers are filled with: models of a hundred versions each, their last one called champion. */

export const VERSIONS_PER_MODEL = 100;

export interface Size {
  readonly models: number;
  readonly versions: number;
}

/** @param versions a multiple of a hundred */
export const sizeOf = (versions: number): Size => ({ versions, models: versions / VERSIONS_PER_MODEL });

export const modelName = (index: number): string => `model-${String(index).padStart(5, '0')}`;

const TEAMS = 10;

/** One version in ten has each team. */
export const teamOf = (version: number): string => `team-${version % TEAMS}`;
