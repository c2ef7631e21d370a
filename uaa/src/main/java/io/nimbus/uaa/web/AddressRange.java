package io.nimbus.uaa.web;

import java.net.InetAddress;
import java.util.Optional;

/**
 * Addresses that begin with the same bits, as in {@code 10.0.0.0/8}; without a length one address.
 */
public record AddressRange(byte[] prefix, int bits) {
    public AddressRange {
        prefix = prefix.clone();
    }

    /** Empty when the text is not an address or range; names are never looked up. */
    public static Optional<AddressRange> parse(String text) {
        var slash = text.indexOf('/');
        try {
            var address =
                    InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash)).getAddress();
            var bits = slash < 0 ? address.length * 8 : Integer.parseInt(text.substring(slash + 1));
            return bits < 0 || bits > address.length * 8
                    ? Optional.empty()
                    : Optional.of(new AddressRange(address, bits));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    boolean contains(InetAddress address) {
        var bytes = address.getAddress();
        if (bytes.length != prefix.length) {
            return false;
        }
        for (int bit = 0; bit < bits; bit++) {
            var mask = 0x80 >> bit % 8;
            if ((bytes[bit / 8] & mask) != (prefix[bit / 8] & mask)) {
                return false;
            }
        }
        return true;
    }
}
