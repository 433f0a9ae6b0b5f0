/**
 * What comes in time; "late" once the deadline, on the clock of `performance`, is over. The work goes on then, and
 * whoever began it hears how it ends.
 */
export async function untilDeadline<Value>(coming: Promise<Value>, deadline: number): Promise<Value | "late"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), Math.max(0, deadline - performance.now()));
  });
  try {
    return await Promise.race([coming, late]);
  } finally {
    clearTimeout(timer);
  }
}
