package io.nimbus.stager;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;

class RuncStagerIT extends StagerContract {
    @BeforeAll
    static void need_root_and_tools() {
        assumeTrue("root".equals(System.getProperty("user.name")), "containers by runc need root");
        for (var tool : List.of("/usr/sbin/runc", "/usr/bin/conmon", "/usr/sbin/nft")) {
            assumeTrue(Files.exists(Path.of(tool)), tool + " is not installed");
        }
    }

    @Override
    String backend() {
        return "runc";
    }
}
