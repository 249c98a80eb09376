/** How many test files run at a time: `DENO_JOBS`, as `deno test --parallel` has it, or one for each core. Words where it is no such number. */
export function jobsFrom(given: string | undefined, cores: number): number | string {
  if (given === undefined || given === "") return cores;
  const jobs = Number(given);
  if (Number.isSafeInteger(jobs) && jobs > 0) return jobs;
  return `DENO_JOBS is "${given}": give how many files may run at a time, 1 or more`;
}
