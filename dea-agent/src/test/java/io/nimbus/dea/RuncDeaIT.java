package io.nimbus.dea;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nimbus.warden.WardenOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;

class RuncDeaIT extends DeaContract {
    RuncDeaIT() throws Exception {
        super(WardenOptions.Backend.RUNC);
    }

    @BeforeAll
    static void need_root_and_tools() {
        assumeTrue("root".equals(System.getProperty("user.name")), "containers by runc need root");
        for (var tool : List.of("/usr/sbin/runc", "/usr/bin/conmon", "/usr/sbin/nft")) {
            assumeTrue(Files.exists(Path.of(tool)), tool + " is not installed");
        }
    }
}
