/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verdicts EXPRESSIONS: libpcap's verdicts on packets from standard input: for each packet a line
 * with 0 or 1 for each line of the file. A packet is its form (0: Ethernet, 1: raw IP), the number
 * of bytes that follow, its original length, 32 bits each, and the bytes.
 */
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMS           2
#define MAX_EXPRESSIONS 1024
#define MAX_LINE        4096
#define MAX_PACKET      (1 << 18)

struct packet {
    uint32_t form, caplen, wirelen;
};

static const int link_types[FORMS] = {DLT_EN10MB, DLT_RAW};
/* Without instructions: libpcap refuses the expression for this form, and no packet of it matches.
 */
static struct bpf_program programs[MAX_EXPRESSIONS][FORMS];
static uint8_t data[MAX_PACKET];

static void die(const char *what)
{
    fprintf(stderr, "verdicts: %s\n", what);
    exit(EXIT_FAILURE);
}

static bool compile(pcap_t *pcap, const char *text, struct bpf_program *program)
{
    return pcap_compile(pcap, program, text, 1, PCAP_NETMASK_UNKNOWN) == 0;
}

static size_t read_expressions(const char *path)
{
    FILE *file = fopen(path, "r");
    pcap_t *pcaps[FORMS];
    char line[MAX_LINE];
    size_t count = 0;

    if (!file)
        die(path);
    for (int form = 0; form < FORMS; form++)
        pcaps[form] = pcap_open_dead(link_types[form], MAX_PACKET);
    while (count < MAX_EXPRESSIONS && fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        if (!compile(pcaps[0], line, &programs[count][0]))
            die(line);
        if (!compile(pcaps[1], line, &programs[count][1]))
            programs[count][1].bf_len = 0;
        count++;
    }
    fclose(file);
    return count;
}

static bool matches(const struct bpf_program *program, const struct packet *packet)
{
    const struct pcap_pkthdr header = {.caplen = packet->caplen, .len = packet->wirelen};

    return program->bf_len && pcap_offline_filter(program, &header, data) != 0;
}

int main(int argc, char **argv)
{
    struct packet packet;
    size_t count;

    if (argc != 2)
        die("Usage: verdicts EXPRESSIONS");
    count = read_expressions(argv[1]);
    while (fread(&packet, sizeof(packet), 1, stdin) == 1) {
        if (packet.form >= FORMS || packet.caplen > sizeof(data) ||
            fread(data, 1, packet.caplen, stdin) != packet.caplen)
            die("not a packet");
        for (size_t i = 0; i < count; i++)
            putchar(matches(&programs[i][packet.form], &packet) ? '1' : '0');
        putchar('\n');
    }
    return EXIT_SUCCESS;
}
