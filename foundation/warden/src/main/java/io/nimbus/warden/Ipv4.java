package io.nimbus.warden;

/** Blocks of IPv4 addresses, and a small part of one for each container. */
record Ipv4(long base, int prefix) {
    private static final int PER_CONTAINER = 4;
    private static final int MOST = 0x10000;

    /**
     * @throws IllegalArgumentException when it is not a block of at least 4 and at most 2^24
     *     addresses
     */
    static Ipv4 parse(String block) {
        var slash = block.indexOf('/');
        try {
            var prefix = Integer.parseInt(block.substring(slash + 1));
            var address = address(block.substring(0, Math.max(0, slash)));
            if (slash < 0 || prefix < 8 || prefix > 30 || address % (1L << (32 - prefix)) != 0) {
                throw new NumberFormatException();
            }
            return new Ipv4(address, prefix);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "not a block of IPv4 addresses such as 10.254.0.0/16: " + block, e);
        }
    }

    private static long address(String dotted) {
        var parts = dotted.split("\\.", -1);
        if (parts.length != 4) {
            throw new NumberFormatException();
        }
        long address = 0;
        for (var part : parts) {
            var octet = Integer.parseInt(part);
            if (octet < 0 || octet > 255) {
                throw new NumberFormatException();
            }
            address = address << 8 | octet;
        }
        return address;
    }

    int slots() {
        return (int) Math.min(MOST, (1L << (32 - prefix)) / PER_CONTAINER);
    }

    /** The host's end of a container's link. */
    String hostAddress(int slot) {
        return dotted(base + (long) PER_CONTAINER * slot + 1);
    }

    String containerAddress(int slot) {
        return dotted(base + (long) PER_CONTAINER * slot + 2);
    }

    boolean overlaps(Ipv4 other) {
        var shorter = Math.min(prefix, other.prefix);
        return base >> (32 - shorter) == other.base >> (32 - shorter);
    }

    private static String dotted(long address) {
        return (address >> 24 & 255)
                + "."
                + (address >> 16 & 255)
                + "."
                + (address >> 8 & 255)
                + "."
                + (address & 255);
    }

    @Override
    public String toString() {
        return dotted(base) + "/" + prefix;
    }
}
