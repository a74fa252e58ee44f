//! What the original says of the same bytes.

use proptest::prelude::*;

use super::content_type;

/// Content types, and files of each.
#[rustfmt::skip]
const FILES: &[(&str, &[&[u8]])] = &[
    ("application/atom+xml", &[
        b"<?xml version=\"1.0\"?><feed xmlns=\"http://www.w3.org/2005/Atom\"></feed>"]),
    ("application/cbor", &[b"\xD9\xD9\xF7"]),
    ("application/fits", &[b"SIMPLE  =                    T"]),
    ("application/geo+json", &[b"{\"type\":\"FeatureCollection\",\"features\":[]}",
        b"{\"features\":[],\"type\":\"FeatureCollection\"}", b"{\"type\":\"Point\"}",
        b"{\"type\":\"Feature\"}"]),
    ("application/gzip", &[b"\x1F\x8B\x08\0g.\x02k\x02\xFF\xAB\0\0\x83\x16\xDC\x8C\x01\0\0\0"]),
    ("application/json", &[b"{}", b"[]", b"{\"a\":1,}", b"{\"a\":[1,2,{\"b\":null}]}",
        b"{\"a\":{\"type\":\"Feature\"}}", b"{\"type\":\"x\"}", b"{\"asset\":{\"version\":\"3.0\"}}",
        b"{\"log\":{\"creator\":{}}}", b"{\"log\":{}}", b"{\"a\":1}", b"[1,2]", b"  \n{\"a\":1}",
        b"{\"log\":{\"version\":\"1.2\"}}"]),
    ("application/lzip", &[b"LZIP"]),
    ("application/octet-stream", &[b"ID3\x03\0\0\0\0\0\0", b"BM\0\0\0\0\0\0\0\0\0\0\0\0", b"II+\0",
        b"MM\0+\0\x08\0\0", b"FORM\0\0\0\0AIFF", b"FORM\0\0\0\0AIFC", b"\0\x01\0\0", b"\x04\"M\x18",
        b"RIFF\0\0\0\0WEBP", b"0\x82\0\0", b"MAC \x96\x0F", b"RIFF\0\0\0\0QLCM", b"\0\0\0\x08moov",
        b"\0\0\0\x08mdat", b"\0\0\0\x08wide", b"\0\0\0\x08free", b"\0\0\0\x08skip", b"\0\0\0\x08pnot",
        b"\0\x01\x02\x03\xFF", b"BM:\0\0\0\0\0", b"ID3\x03\0", b"fLaC\0\0", b"RIFF$\0\0\0AVI LIST",
        b"\0\x01\0\0\0", b"OTTO\0", b"ab\x01cd", b"ab\0cd", b"<?xml version=\"1.0\"?><a>\x01</a>",
        b"<html>\x01", b"{\"a\":\"\x01\"}", b"#!/bin/sh\n\x01"]),
    ("application/ogg", &[b"OggS\0"]),
    ("application/pdf", &[b"%PDF-", b" %PDF-1.4", b"x%PDF-1.4", b"%PDF-1.4\n"]),
    ("application/pkcs7-signature", &[b"-----BEGIN PKCS7"]),
    ("application/postscript", &[b"%!PS-Adobe-3.0"]),
    ("application/rss+xml", &[b"<?xml version=\"1.0\"?><rss version=\"2.0\"></rss>"]),
    ("application/vnd.apache.parquet", &[b"PAR1"]),
    ("application/vnd.apple.mpegurl", &[b"#EXTM3U\n#EXTINF:1\n", b"#EXTM3U\r\nx"]),
    ("application/vnd.debian.binary-package", &[b"!<arch>\ndebian-binary"]),
    ("application/vnd.fdf", &[b"%FDF-1.2"]),
    ("application/vnd.google-earth.kml+xml", &[
        b"<?xml version=\"1.0\"?><kml xmlns=\"http://www.opengis.net/kml/2.2\"></kml>"]),
    ("application/vnd.microsoft.portable-executable", &[b"MZ\x90\0\x03"]),
    ("application/vnd.ms-cab-compressed", &[b"MSCF\0\0\0\0"]),
    ("application/vnd.nintendo.snes.rom", &[b"NES\x1A"]),
    ("application/vnd.rar", &[b"Rar!\x1A\x07\x01\0"]),
    ("application/vnd.rn-realmedia-vbr", &[b".RMF"]),
    ("application/vnd.sqlite3", &[b"SQLite format 3\0"]),
    ("application/warc", &[b"WARC/1.0"]),
    ("application/wasm", &[b"\0asm", b"\0asm\x01\0\0\0"]),
    ("application/x-7z-compressed", &[b"7z\xBC\xAF'\x1C"]),
    ("application/x-archive", &[b"!<arch>\ndebian"]),
    ("application/x-bittorrent", &[b"d8:announce"]),
    ("application/x-bzip2", &[b"BZh9"]),
    ("application/x-cpio", &[b"070701"]),
    ("application/x-elf", &[b"\x7FELF\x02\x01"]),
    ("application/x-executable", &[b"\x7FELF\x02\x02\x01\0\0\0\0\0\0\0\0\0\0\x02",
        b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0"]),
    ("application/x-java-applet", &[b"\xCA\xFE\xBA\xBE\0\0\x007"]),
    ("application/x-mach-binary", &[b"\xCF\xFA\xED\xFE", b"\xCA\xFE\xBA\xBE\0\0\0\x02"]),
    ("application/x-mobipocket-ebook", &[
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0BOOKMOBI"]),
    ("application/x-ms-reader", &[b"ITOLITLS"]),
    ("application/x-ndjson", &[b"{\"a\":1}\n{\"b\":2}", b"{\"a\":1}\n\n{\"b\":2}\n", b"[1]\n[2]\n",
        b"{\"a\":1}\n{\"b\":2}\n"]),
    ("application/x-object", &[b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x01\0"]),
    ("application/x-ole-storage", &[b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"]),
    ("application/x-rpm", &[b"\xED\xAB\xEE\xDB"]),
    ("application/x-sharedlib", &[b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0"]),
    ("application/x-shockwave-flash", &[b"FWS", b"CWS"]),
    ("application/x-subrip", &[b"1\n00:00:01,000 --> 00:00:02,000\nhi",
        b"1\r\n00:00:01,000 --> 00:00:02,000\r\nhi\r\n", b"1\n00:02:16,612 --> 00:02:19,376\nhi\n"]),
    ("application/x-xar", &[b"xar!"]),
    ("application/x-xz", &[b"\xFD7zXZ\0"]),
    ("application/zip", &[b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", b"PK\x07\x08"]),
    ("application/zlib", &[b"x\x01\x03\0", b"x\xDA\x03\0", b"x\x9C\x03\0"]),
    ("application/zstd", &[b"(\xB5/\xFD"]),
    ("audio/aac", &[b"\xFF\xF9P\x80", b"\xFF\xF1", b"\xFF\xF1P\x80"]),
    ("audio/aiff", &[
        b"FORM\0\0\0 AIFFCOMM\0\0\0\x12\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"]),
    ("audio/amr", &[b"#!AMR\n"]),
    ("audio/basic", &[b".snd"]),
    ("audio/flac", &[
        b"fLaC\0\0\0\"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"]),
    ("audio/midi", &[b"MThd\0\0\0\x06"]),
    ("audio/mp4", &[b"\0\0\0\x18ftypM4B \0\0\0\0M4B isom", b"\0\0\0\x18ftypF4A \0\0\0\0F4A isom",
        b"\0\0\0\x18ftypM4P \0\0\0\0M4P isom", b"\0\0\0\x18ftypMSNV\0\0\0\0MSNVisom",
        b"\0\0\0\x18ftypNDAS\0\0\0\0NDASisom"]),
    ("audio/mpeg", &[b"\xFF\xF3\x90d", b"\xFF\xF2\x90d", b"\xFF\xFA\x90d", b"\xFF\xFB\x90d"]),
    ("audio/musepack", &[b"MPCK"]),
    ("audio/ogg", &[
        b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01vorbis\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0OpusHead\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x7FFLAC\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0Speex   \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"]),
    ("audio/wav", &[b"RIFF$\0\0\0WAVEfmt "]),
    ("audio/x-m4a", &[b"\0\0\0\x18ftypM4A \0\0\0\0M4A isom", b"\0\0\0\x18ftypM4A \0\0\x02\0isomiso2"]),
    ("audio/x-unknown", &[b"Creative Voice File"]),
    ("font/collection", &[b"ttcf\0\x01\0\0"]),
    ("font/woff", &[b"wOFF"]),
    ("font/woff2", &[b"wOF2\0\x01\0\0"]),
    ("image/apng", &[
        b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1F\x15\xC4\x89\0\0\0\x08acTL\0\0\0\x01\0\0\0\0"]),
    ("image/avif", &[b"\0\0\0\x18ftypavif\0\0\0\0avifisom", b"\0\0\0\x18ftypavis\0\0\0\0avisisom",
        b"\0\0\0\x1Cftypavif\0\0\0\0avifmif1"]),
    ("image/bmp", &[
        b"BMF\0\0\0\0\0\0\x006\0\0\0(\0\0\0\x02\0\0\0\x02\0\0\0\x01\0\x18\0\0\0\0\0\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"]),
    ("image/bpg", &[b"BPG\xFB"]),
    ("image/gif", &[b"GIF87a", b"GIF89a\x01\0\x01\0"]),
    ("image/heic", &[b"\0\0\0\x18ftypheic\0\0\0\0heicisom", b"\0\0\0\x18ftypheix\0\0\0\0heixisom",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"]),
    ("image/heic-sequence", &[b"\0\0\0\x18ftyphevc\0\0\0\0hevcisom"]),
    ("image/heif", &[b"\0\0\0\x18ftypmif1\0\0\0\0mif1isom"]),
    ("image/heif-sequence", &[b"\0\0\0\x18ftypmsf1\0\0\0\0msf1isom"]),
    ("image/jp2", &[b"\0\0\0\x0CjP  \r\n\x87\n\0\0\0\x14ftypjp2 "]),
    ("image/jpeg", &[b"\xFF\xD8\xFF", b"\xFF\xD8\xFF\xE0\0\x10JFIF"]),
    ("image/jxl", &[b"\0\0\0\x0CJXL \r\n\x87\n", b"\xFF\n"]),
    ("image/png", &[b"\x89PNG\r\n\x1A\n",
        b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1F\x15\xC4\x89\0\0\0\rIDATx\x9Cc`\0\0\x02\0\0\x01\xE2!\xBC3\0\0\0\0IEND\xAEB`\x82"]),
    ("image/svg+xml", &[b"<svg xmlns='http://www.w3.org/2000/svg'>",
        b"<svg width=\"1\" xmlns=\"http://www.w3.org/2000/svg\">", b"<?xml version=\"1.0\"?><a><svg/></a>",
        b"<svg\n   xmlns:dc=\"x\"\n   xmlns=\"http://www.w3.org/2000/svg\"\n>",
        b"<svg xmlns=\"http://www.w3.org/2000/svg\">", b"  <svg xmlns=\"http://www.w3.org/2000/svg\"/>",
        b"<!-- c --><svg xmlns=\"http://www.w3.org/2000/svg\"/>",
        b"<?xml version=\"1.0\"?>\n<!-- x -->\n<svg/>", b"<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>",
        b"<?xml version=\"1.0\"?><svg xmlns=\"x\"></svg>"]),
    ("image/tiff", &[b"II*\0\x08\0\0\0", b"MM\0*", b"II*\0"]),
    ("image/vnd.adobe.photoshop", &[b"8BPS\0\x01"]),
    ("image/vnd.djvu", &[b"AT&TFORM\0\0\0\0DJVU"]),
    ("image/vnd.dwg", &[b"AC1032"]),
    ("image/vnd.radiance", &[b"#?RADIANCE\n"]),
    ("image/webp", &[b"RIFF\0\0\0\0WEBPVP8L", b"RIFF$\0\0\0WEBPVP8 "]),
    ("image/x-icns", &[b"icns"]),
    ("image/x-icon", &[b"\0\0\x02\0", b"\0\0\x01\0\x01\0"]),
    ("image/x-portable-pixmap", &[b"P6\n1 1\n255\n"]),
    ("image/x-xcf", &[b"gimp xcf"]),
    ("image/x-xpixmap", &[b"/* XPM */"]),
    ("model/gltf+json", &[b"{\"asset\":{\"version\":\"1.0\"}}",
        b"{\"asset\":{\"generator\":\"x\",\"version\":\"2.0\"},\"scene\":0}",
        b"{\"asset\":{\"version\":\"2.0\"}}"]),
    ("model/gltf-binary", &[b"glTF\x02\0\0\0"]),
    ("text/calendar", &[b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n", b"BEGIN:VCALENDAR\nVERSION:2.0\n"]),
    ("text/csv", &[b"a,b\n1,2", b"\"a\",\"b\"\n\"c\",\"d,e\"\n", b"hello, world\nhow, are\n",
        b"#c,x\na,b\nc,d\n", b"a,b\r\n1,2\r\n", b",\n,\n", b"a,b\"c\nd,e\n", b"a,b,c\n1,2,3\n4,5,6\n",
        b"\xEF\xBB\xBFa,b\n1,2\n"]),
    ("text/html; charset=utf-8", &[b"<html><svg xmlns=\"http://www.w3.org/2000/svg\">",
        b"<!doctype html><p>", b"\n\n <HTML>", b"<a>", b"<a href=\"x\">", b"<p ", b"<title>", b"<h1>",
        b"<div>", b"<table>", b"<!-- ", b"<body>", b"<br>", b"<script>", b"<style>", b"<head>", b"<iframe>",
        b"<font>", b"<html>caf\xE9", b"\xEF\xBB\xBF<html>", b"<!DOCTYPE html><html></html>", b"<html>",
        b"<a></a>", b"<p>hi", b"<!-- x --><html>"]),
    ("text/html; charset=windows-1252", &[b"<html lang=\"en\"><head><meta charset=\"windows-1252\">"]),
    ("text/javascript", &[b"#!/usr/bin/node", b"#!/usr/bin/env node\nconsole.log(1)"]),
    ("text/plain", &[b"caf\xE9 \x93quoted\x94", b"\x80\x81", b""]),
    ("text/plain; charset=iso-8859-1", &[b"caf\xE9 au lait"]),
    ("text/plain; charset=utf-16be", &[b"\xFE\xFF\0h"]),
    ("text/plain; charset=utf-16le", &[b"\xFF\xFEh\0i\0"]),
    ("text/plain; charset=utf-32be", &[b"\0\0\xFE\xFF\0\0\0h"]),
    ("text/plain; charset=utf-32le", &[b"\xFF\xFE\0\0h\0\0\0"]),
    ("text/plain; charset=utf-8", &[b"{\"a\":[1,2", b"{\"a\":1", b"[1,2", b"[{\"a\":1},", b"{\"a\":{",
        b"hello <svg xmlns=\"http://www.w3.org/2000/svg\"/>", b"<SVG xmlns=\"http://www.w3.org/2000/svg\">",
        b"<svg>", b"<svg width=\"1\"></svg>", b"<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"x\"><svg/>",
        b"<html", b"<b", b"<p", b"<h2>", b"<span>", b"<!--", b"<br/>", b"<?\n", b"<?= 1", b"a,b\n", b"a,b",
        b"a,b\n1,2,3\n", b"a;b\n1;2\n", b"a,\"b\n1,2\n3,4", b"{\"a\":1}x", b"{\"a\":1} {\"b\":2}", b"1\n2\n",
        b"{\"a\":}", b"{'a':1}", b"{\"a\"", b"[\"a", b"null", b"\"x\"", b"-1", b"BEGIN:VCARD\n", b"WEBVTTx",
        b"#!/usr/bin/env deno", b"#!/bin/foo", b"%!PS", b"%!PS-Adobe", b"\xEF\xBB\xBF{\"a\":1}", b"\xE9",
        b"ab\x7F", b"ab\x1B[0m", b"ab\x0C", b"\xC3", b"ok \xC3", b"OTTO", b"Cr24", b"TZif", b"BOOKMOBI",
        b"DICM", b"GIF8", b"{\"a\":", b"\xEF\xBB\xBFhi", b"\xC3\xA9\xE6\x97\xA5\xE6\x9C\xAC",
        b"BEGIN:VCALENDAR\n", b"a{color:red}", b"# hi\n\ntext", b"   ", b"123", b"\"abc\"", b"true",
        b"function a(){}", b"#EXTM3U"]),
    ("text/rtf", &[b"{\\rtf", b"{\\rtf1\\ansi}", b"{\\rtf1 x}"]),
    ("text/tab-separated-values", &[b"a\tb\n1\t2", b"a\tb\n1\t2\n"]),
    ("text/vcard", &[b"BEGIN:VCARD\r\nVERSION:4.0\r\n", b"BEGIN:VCARD\nVERSION:3.0"]),
    ("text/vtt", &[b"WEBVTT", b"WEBVTT ", b"WEBVTT x\n", b"WEBVTT\n\n"]),
    ("text/x-lua", &[b"#!/usr/bin/env lua", b"#!/usr/bin/lua"]),
    ("text/x-perl", &[b"#!/usr/bin/env perl", b"#!/usr/bin/perl"]),
    ("text/x-php", &[b"<?php\n", b"<? echo", b"<?PHP x", b"#!/usr/bin/env php", b"<?php echo 1;"]),
    ("text/x-python", &[b"#!/usr/bin/env python3", b"#!/usr/bin/env python",
        b"#!/usr/bin/python\nprint(1)"]),
    ("text/x-ruby", &[b"#!/usr/bin/ruby", b"#!/usr/bin/env ruby"]),
    ("text/x-shellscript", &[b"#!/bin/bash\n", b"#!/usr/bin/env bash\n", b"#!/bin/zsh", b"#! /bin/sh\n",
        b"#!/bin/dash", b"#!/bin/sh\necho"]),
    ("text/x-tcl", &[b"#!/usr/bin/tclsh"]),
    ("text/xml; charset=ISO-8859-1", &[b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>"]),
    ("text/xml; charset=UTF-16", &[b"<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>"]),
    ("text/xml; charset=utf-8", &[b"<?xml version=\"1.0\"?><html/>", b" \n<?xml version=\"1.0\"?><a/>",
        b"<?XML version=\"1.0\"?>", b"<?xml version=\"1.0\"?><a/>", b"\xEF\xBB\xBF<?xml version=\"1.0\"?><a/>"]),
    ("video/3gpp", &[b"\0\0\0\x18ftyp3gp4\0\0\0\x003gp4isom", b"\0\0\0\x18ftyp3gp5\0\0\x02\0isomiso2"]),
    ("video/3gpp2", &[b"\0\0\0\x18ftyp3g2a\0\0\0\x003g2aisom"]),
    ("video/matroska", &[
        b"\x1AE\xDF\xA3\x01\0\0\0\0\0\0#B\x86\x81\x01B\xF7\x81\x01B\xF2\x81\x04B\xF3\x81\x08B\x82\x88matroska",
        b"\x1AE\xDF\xA3\x9FB\x86\x81\x01B\xF7\x81\x01B\xF2\x81\x04B\xF3\x81\x08B\x82\x88matroska"]),
    ("video/mj2", &[b"\0\0\0\x18ftypmj2s\0\0\0\0mj2sisom"]),
    ("video/mp4", &[b"\0\0\0\x18ftypdvb1\0\0\0\0dvb1isom", b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom",
        b"\0\0\0\x18ftypdash\0\0\0\0dashisom", b"\0\0\0\x18ftypiso6\0\0\0\0iso6isom",
        b"\0\0\0\x18ftypxxxx\0\0\0\0xxxxisom", b"\0\0\0\x18ftypjp2 \0\0\0\0jp2 isom",
        b"\0\0\0\x18ftypcrx \0\0\0\0crx isom", b"\0\0\0\x18ftypisom\0\0\0\0isomisom",
        b"\0\0\0\x18ftypF4V \0\0\0\0F4V isom", b"\0\0\0\x18ftypavc1\0\0\0\0avc1isom",
        b"\0\0\0\x18ftypmp41\0\0\0\0mp41isom", b"\0\0\0\x18ftypmiaf\0\0\0\0miafisom",
        b"\0\0\0\x18ftypMiHE\0\0\0\0MiHEisom", b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2"]),
    ("video/mpeg", &[b"\0\0\x01\xBA", b"\0\0\x01\xB3"]),
    ("video/ogg", &[
        b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80theora\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"]),
    ("video/quicktime", &[b"\0\0\0\x18ftypqt  \0\0\0\0qt  isom", b"\0\0\0\x18ftypmqt \0\0\0\0mqt isom",
        b"\0\0\0\x14ftypqt  \0\0\0\0"]),
    ("video/webm", &[
        b"\x1AE\xDF\xA3\x01\0\0\0\0\0\0\x1FB\x86\x81\x01B\xF7\x81\x01B\xF2\x81\x04B\xF3\x81\x08B\x82\x84webmB\x87\x81\x02",
        b"\x1AE\xDF\xA3\x9FB\x86\x81\x01B\xF7\x81\x01B\xF2\x81\x04B\xF3\x81\x08B\x82\x84webm"]),
    ("video/x-flv", &[b"FLV\x01"]),
    ("video/x-m4v", &[b"\0\0\0\x18ftypM4V \0\0\0\0M4V isom"]),
    ("video/x-ms-asf", &[b"0&\xB2u\x8Ef\xCF\x11\xA6\xD9\0\xAA\0b\xCEl"]),
    ("video/x-msvideo", &[b"RIFF$\0\0\0AVI LIST\0\0\0\0hdrl"]),
];

#[test]
fn types_are_those_of_the_original() {
    for (expected, files) in FILES {
        for file in *files {
            assert_eq!(content_type(file), *expected, "{}", String::from_utf8_lossy(file));
        }
    }
}

#[test]
fn every_type_has_a_known_extension() {
    const WITHOUT: [&str; 8] = [
        "application/octet-stream",
        "application/x-coredump",
        "application/x-elf",
        "application/x-executable",
        "application/x-object",
        "application/x-ole-storage",
        "application/zlib",
        "",
    ];
    for (kind, _) in FILES {
        assert_eq!(crate::mime::extension(kind).is_empty(), WITHOUT.contains(kind), "{kind}");
    }
}

#[test]
fn only_the_first_bytes_decide() {
    let with_end = |length: usize, end: &[u8]| [vec![b'h'; length], end.to_vec()].concat();
    assert_eq!(content_type(&with_end(4095, b"\0")), "application/octet-stream");
    assert_eq!(content_type(&with_end(4096, b"\0")), "text/plain; charset=utf-8");
    // A character cut in two by the end of what is looked at is still one.
    assert_eq!(content_type(&with_end(4095, "éé".as_bytes())), "text/plain; charset=utf-8");
    let drawing = |length: usize| [&b"<?xml version=\"1.0\"?>"[..], &vec![b' '; length], b"<svg/>"].concat();
    assert_eq!(content_type(&drawing(4000)), "image/svg+xml");
    assert_eq!(content_type(&drawing(5000)), "text/xml; charset=utf-8");
}

#[test]
fn large_documents_are_known_by_their_start() {
    let list = format!("[{}{{\"name\": \"x\"}}]", "{\"name\": \"some text\", \"n\": 12.5}, ".repeat(500));
    assert_eq!(content_type(list.as_bytes()), "application/json");
    assert_eq!(content_type("{\"a\":1}\n".repeat(2000).as_bytes()), "application/x-ndjson");
    assert_eq!(content_type("1,2,3\n".repeat(2000).as_bytes()), "text/csv");
    let deep = "[".repeat(100_000);
    assert_eq!(content_type(deep.as_bytes()), "text/plain; charset=utf-8");
}

proptest! {
    #[test]
    fn any_bytes_have_a_type(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(content_type(&bytes).contains('/'));
    }

    #[test]
    fn damaged_files_have_a_type(pick in any::<prop::sample::Index>(), cut in any::<prop::sample::Index>(), flip in any::<u8>()) {
        let files: Vec<&[u8]> = FILES.iter().flat_map(|(_, files)| files.iter().copied()).collect();
        let mut bytes = pick.get(&files).to_vec();
        let length = cut.index(bytes.len() + 1);
        bytes.truncate(length);
        if let Some(last) = bytes.last_mut() {
            *last ^= flip;
        }
        prop_assert!(content_type(&bytes).contains('/'));
    }
}
