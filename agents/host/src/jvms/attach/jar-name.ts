/** Name of the jar in a single executable, and in the directory of its agent. */
export const JAR_NAME = 'trustcast-jvm.jar';
