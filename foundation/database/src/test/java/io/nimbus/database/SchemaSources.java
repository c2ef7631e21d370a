package io.nimbus.database;

import io.nimbus.servers.PostgresServer;
import io.nimbus.servers.TestServers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.flywaydb.core.Flyway;
import org.jooq.codegen.GenerationTool;
import org.jooq.meta.jaxb.Configuration;
import org.jooq.meta.jaxb.ForcedType;
import org.jooq.meta.jaxb.Generate;
import org.jooq.meta.jaxb.Generator;
import org.jooq.meta.jaxb.Jdbc;
import org.jooq.meta.jaxb.Target;

/**
 * Makes jOOQ's sources of a module's migrations. They are committed, in a source folder of their
 * own; a test compares them with what the migrations give now.
 */
public final class SchemaSources {
    private SchemaSources() {}

    /**
     * Arguments: the migrations' place on the class path, the package, the source folder; see the
     * {@code codegen} profile of the module.
     */
    public static void main(String[] arguments) throws Exception {
        generate(arguments[0], arguments[1], Path.of(arguments[2]));
        System.out.println("written to " + arguments[2]);
        System.exit(0);
    }

    /** Replaces what is in the package's folder. */
    public static void generate(String migrations, String packageName, Path folder)
            throws Exception {
        var database = TestDatabases.fresh();
        Flyway.configure()
                .dataSource(database.url(), database.user(), database.password())
                .locations("classpath:" + migrations)
                .load()
                .migrate();
        GenerationTool.generate(
                new Configuration()
                        .withJdbc(
                                new Jdbc()
                                        .withDriver("org.postgresql.Driver")
                                        .withUrl(database.url())
                                        .withUser(PostgresServer.USER)
                                        .withPassword(TestServers.PASSWORD))
                        .withGenerator(
                                new Generator()
                                        .withDatabase(
                                                new org.jooq.meta.jaxb.Database()
                                                        .withInputSchema("public")
                                                        .withExcludes(
                                                                "flyway_schema_history|citext.*|regexp_.*|split_part|strpos|translate|replace|text.*")
                                                        .withIncludeRoutines(false)
                                                        .withForcedTypes(
                                                                new ForcedType()
                                                                        .withName("INSTANT")
                                                                        .withIncludeTypes(
                                                                                "(?i:timestamptz|timestamp with time zone)"),
                                                                new ForcedType()
                                                                        .withName("VARCHAR")
                                                                        .withIncludeTypes(
                                                                                "(?i:citext)")))
                                        .withGenerate(
                                                new Generate()
                                                        .withGeneratedAnnotation(false)
                                                        .withComments(false)
                                                        .withPojos(false)
                                                        .withDaos(false)
                                                        .withRecords(true)
                                                        .withGlobalCatalogReferences(false))
                                        .withTarget(
                                                new Target()
                                                        .withPackageName(packageName)
                                                        .withDirectory(folder.toString()))));
    }

    /** File name to content, to compare two folders of sources. */
    public static Map<String, String> read(Path folder) throws IOException {
        var sources = new TreeMap<String, String>();
        try (var files = Files.walk(folder)) {
            for (var file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                sources.put(folder.relativize(file).toString(), Files.readString(file));
            }
        }
        return sources;
    }
}
