package io.nimbus.stager.policy;

/**
 * What this stager may hand out and has handed out.
 *
 * @param memoryMb MiB in all
 * @param diskMb MiB in all
 */
public record Capacity(int memoryMb, int diskMb, int reservedMemoryMb, int reservedDiskMb) {

    public Capacity(int memoryMb, int diskMb) {
        this(memoryMb, diskMb, 0, 0);
    }

    public int freeMemoryMb() {
        return Math.max(0, memoryMb - reservedMemoryMb);
    }

    public int freeDiskMb() {
        return Math.max(0, diskMb - reservedDiskMb);
    }

    /** Whether a task fits; disk is named first when both are short, as a DEA does. */
    public Fit fits(int memory, int disk) {
        if (disk > freeDiskMb()) {
            return Fit.NO_DISK;
        }
        return memory > freeMemoryMb() ? Fit.NO_MEMORY : Fit.FITS;
    }

    public Capacity reserve(int memory, int disk) {
        return new Capacity(memoryMb, diskMb, reservedMemoryMb + memory, reservedDiskMb + disk);
    }

    public Capacity release(int memory, int disk) {
        return new Capacity(memoryMb, diskMb, reservedMemoryMb - memory, reservedDiskMb - disk);
    }

    /** The words are those of the original's refusal. */
    public enum Fit {
        FITS(""),
        NO_MEMORY("Not enough memory resources available"),
        NO_DISK("Not enough disk resources available");

        private final String refusal;

        Fit(String refusal) {
            this.refusal = refusal;
        }

        public String refusal() {
            return refusal;
        }
    }
}
