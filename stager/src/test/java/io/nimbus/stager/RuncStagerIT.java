package io.nimbus.stager;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nimbus.servers.TestServers;
import io.nimbus.warden.WardenOptions;
import io.nimbus.warden.Wardens;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class RuncStagerIT extends StagerContract {
    private static @Nullable WardenOptions guest;

    @BeforeAll
    static void need_root_and_tools() {
        assumeTrue("root".equals(System.getProperty("user.name")), "containers by runc need root");
        for (var tool : List.of("/usr/sbin/runc", "/usr/bin/conmon", "/usr/sbin/nft")) {
            assumeTrue(Files.exists(Path.of(tool)), tool + " is not installed");
        }
    }

    /** An owner that stays, so that what all share is made once. */
    @BeforeAll
    static void stay() throws Exception {
        if ("root".equals(System.getProperty("user.name"))) {
            guest =
                    WardenOptions.of(
                            TestServers.folder("guest"),
                            String.format("h%05d", ProcessHandle.current().pid() % 100000));
            Wardens.open(guest, InstantSource.system()).close();
        }
    }

    @AfterAll
    static void leave() throws Exception {
        if (guest != null) {
            Wardens.purge(guest, InstantSource.system());
        }
    }

    @Override
    String backend() {
        return "runc";
    }
}
