package io.nimbus.uaa;

import static org.assertj.core.api.Assertions.assertThat;

import io.nimbus.database.SchemaSources;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SchemaSourcesIT {
    @TempDir Path folder;

    @Test
    void the_committed_sources_are_what_the_migrations_give() throws Exception {
        SchemaSources.generate("db/uaa", "io.nimbus.uaa.schema", folder);

        assertThat(SchemaSources.read(Path.of("src/generated/java")))
                .as("mvn -Pcodegen -pl uaa -am process-test-classes writes them")
                .isEqualTo(SchemaSources.read(folder));
    }
}
