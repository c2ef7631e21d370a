package io.nimbus.warden;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

class PlainWardenIT extends WardenContract {
    @Override
    WardenOptions.Backend backend() {
        return WardenOptions.Backend.PLAIN;
    }

    @Override
    List<String> remains(String owner) {
        return List.of();
    }

    @Override
    void killWithoutTrace(Container container) throws Exception {
        var identity = Path.of(container.outside("/") + "/../run/identity").normalize();
        var main = Processes.parse(Files.readString(identity).split("\n")[0]);
        var watcher = main.parent();
        assertThat(Processes.find(watcher)).isPresent();
        Posix.kill(watcher, Posix.SIGKILL);
        Posix.kill(main.pid(), Posix.SIGKILL);
    }
}
