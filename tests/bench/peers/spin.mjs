// The job of the Node servers: a busy loop of so many milliseconds.
export default function spin(CPUTimeMs) {
  const end = performance.now() + CPUTimeMs;
  while (performance.now() < end);
  return { CPUTimeMs };
}
